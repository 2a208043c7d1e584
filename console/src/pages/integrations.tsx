import { useRead } from "../api";
import type { PageProps } from "../main";
import { Link, Mark, PageHead, Sheet, Show, Table } from "../parts";
import { useWords } from "../words";

interface Integration {
  service: string;
  state: "answers" | "rests" | "answers_again";
  queues: string[];
  tripped_at: string | null;
  asked_again_at: string | null;
  answered_again_at: string | null;
}

interface Arrivals {
  at: string;
  since: string;
  sources: { source: string; newest_event: string; received_at: string }[];
  unread: number;
  unlisted: number;
}

const MARKS = { answers: "posted", rests: "held", answers_again: "open" };

/** The counterparts that queues wait for, whether each answers, and how fresh each source of usage is. */
export function IntegrationsPage(props: PageProps) {
  const words = useWords();
  const integrations = useRead<{ services: Integration[] }>("/v1/integrations");
  const fresh = useRead<{ usage: Arrivals }>("/v1/integrations?sources=true");
  const look = () => {
    integrations.reload();
    fresh.reload();
  };
  const since = (row: Integration) => {
    if (row.asked_again_at) return words.text("integrations.asked_again", { at: words.instant(row.asked_again_at) });
    return row.answered_again_at ? words.text("integrations.answered_again", { at: words.instant(row.answered_again_at) }) : "–";
  };
  return (
    <>
      <PageHead title={words.text("page.integrations")} lead={words.text("integrations.lead")}>
        <button type="button" onClick={look}>{words.text("integrations.look")}</button>
      </PageHead>
      <Sheet title={words.text("integrations.services")} padded={false} aside={<Link to={props.to("letters")}>{words.text("page.letters")}</Link>}>
        <Show of={integrations}>
          {({ services }) => (
            <Table
              label={words.text("integrations.services")}
              rows={services}
              empty={words.text("nothing")}
              rowKey={(row) => row.service}
              columns={[
                { name: words.text("integrations.service"), isHead: true, cell: (row) => words.code(`service.${row.service}`) },
                { name: words.text("status"), cell: (row) => <Mark code={MARKS[row.state]} text={words.code(`integration.${row.state}`)} /> },
                { name: words.text("integrations.tripped"), cell: (row) => (row.tripped_at ? words.instant(row.tripped_at) : "–"), hideNarrow: true },
                { name: words.text("integrations.since"), cell: since },
                { name: words.text("integrations.queues"), cell: (row) => row.queues.map((queue) => words.code(`queue.${queue}`)).join(", "), hideNarrow: true },
              ]}
            />
          )}
        </Show>
      </Sheet>
      <Sheet title={words.text("sources")} padded={false}>
        <Show of={fresh}>
          {({ usage }) => (
            <>
              <Table
                label={words.text("sources")}
                rows={usage.sources}
                empty={words.text("sources.none", { day: words.day(usage.since) })}
                rowKey={(row) => row.source}
                columns={[
                  { name: words.text("sources.source"), isHead: true, cell: (row) => row.source },
                  { name: words.text("sources.newest"), cell: (row) => words.instant(row.newest_event) },
                  { name: words.text("sources.age"), cell: (row) => words.age(row.newest_event, usage.at) },
                  { name: words.text("sources.received"), cell: (row) => words.instant(row.received_at), hideNarrow: true },
                ]}
              />
              <div class="body">
                {usage.sources.length > 0 && <p class="quiet">{words.text("sources.since", { day: words.day(usage.since) })}</p>}
                {usage.unlisted > 0 && <p class="quiet">{words.text("sources.unlisted", { number: words.number(usage.unlisted) })}</p>}
                {usage.unread > 0 && <p class="quiet">{words.text("sources.unread", { number: words.number(usage.unread) })}</p>}
              </div>
            </>
          )}
        </Show>
      </Sheet>
    </>
  );
}
