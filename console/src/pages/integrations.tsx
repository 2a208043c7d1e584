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

const MARKS = { answers: "posted", rests: "held", answers_again: "open" };

/** The counterparts that queues wait for, and whether each answers. */
export function IntegrationsPage(props: PageProps) {
  const words = useWords();
  const integrations = useRead<{ services: Integration[] }>("/v1/integrations");
  const since = (row: Integration) => {
    if (row.asked_again_at) return words.text("integrations.asked_again", { at: words.instant(row.asked_again_at) });
    return row.answered_again_at ? words.text("integrations.answered_again", { at: words.instant(row.answered_again_at) }) : "–";
  };
  return (
    <>
      <PageHead title={words.text("page.integrations")} lead={words.text("integrations.lead")}>
        <button type="button" onClick={integrations.reload}>{words.text("integrations.look")}</button>
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
    </>
  );
}
