import { useState } from "preact/hooks";

import { post, url, useList, useRead } from "../api";
import type { PageProps } from "../main";
import { Choice, Link, Mark, More, PageHead, Sheet, Show, Table, TextField, useAction } from "../parts";
import type { RefusedEvent, RefusedRow } from "../types";
import { useWords } from "../words";

interface RefusedPage {
  unreadable: string[];
}

/** The refused usage events of a month: what is not billed until a person sends it again, or decides that it never is. */
export function QuarantinePage(props: PageProps) {
  const words = useWords();
  const [shown, setShown] = useState("waiting");
  const path = url("/v1/refused-events", { legal_entity: props.entity.id, period: props.month, all: shown === "all", limit: "200" });
  const listed = useList<RefusedRow, RefusedPage>(path);
  const unreadable = listed.first?.unreadable ?? [];
  return (
    <>
      <PageHead title={words.text("page.quarantine")} lead={words.text("quarantine.lead", { month: words.month(props.month) })} />
      {unreadable.length > 0 && <p class="notice bad">{words.text("quarantine.unreadable", { number: unreadable.length })}: <span class="mono">{unreadable.join(", ")}</span></p>}
      <Sheet title={words.text("quarantine.events")} padded={false} aside={listed.data && words.text("rows", { number: listed.data.length })}>
        <div class="body fields">
          <Choice label={words.text("show")} value={shown} choices={[["waiting", words.text("quarantine.waiting")], ["all", words.text("quarantine.all")]]} onChange={setShown} />
        </div>
        <Show of={listed}>
          {(rows) => (
            <>
              <Table
                label={words.text("quarantine.events")}
                rows={rows}
                empty={words.text("quarantine.empty")}
                rowKey={(row) => row.id}
                columns={[
                  { name: words.text("quarantine.event"), isHead: true, cell: (row) => <Link to={props.to("quarantine", row.id)}>{row.event ?? row.id}</Link> },
                  { name: words.text("why"), cell: (row) => words.code(row.reason) },
                  { name: words.text("quarantine.place"), cell: (row) => <Place of={row} {...props} /> },
                  { name: words.text("time"), cell: (row) => (row.time ? <span class="nowrap">{words.instant(row.time)}</span> : "–"), hideNarrow: true },
                  { name: words.text("source"), cell: (row) => row.source ?? "–", hideNarrow: true },
                  { name: words.text("status"), cell: (row) => <Mark code={row.state} text={words.code(`refused.${row.state}`)} />, hideNarrow: shown === "waiting" },
                ]}
              />
              <More of={listed} />
            </>
          )}
        </Show>
      </Sheet>
    </>
  );
}

function Place({ of, ...props }: PageProps & { of: RefusedRow }) {
  const words = useWords();
  if (of.kind === "account") return <Link to={props.to("customers", of.place)}>{of.place}</Link>;
  return <>{`${words.code(`place.${of.kind}`)} ${of.place}`.trim()}</>;
}

/** A message as it came, in lines where it is JSON. */
function written(raw: string): string {
  try {
    return JSON.stringify(JSON.parse(raw), null, 1);
  } catch {
    return raw;
  }
}

export function RefusedEventPage(props: PageProps) {
  const words = useWords();
  const shown = useRead<RefusedEvent>(`/v1/refused-events/${encodeURIComponent(props.thing)}`);
  return (
    <>
      <PageHead title={shown.data?.event ?? props.thing} back={{ to: props.to("quarantine"), text: words.text("page.quarantine") }}>
        {shown.data && <Mark code={shown.data.state} text={words.code(`refused.${shown.data.state}`)} />}
      </PageHead>
      <Show of={shown} missing={words.text("quarantine.missing")}>
        {(known) => (
          <div class="columns">
            <Sheet title={words.text("quarantine.as_it_came")} padded={false}>
              <div class="scroll" role="region" aria-label={words.text("quarantine.as_it_came")} tabIndex={0}>
                <pre class="mono body" dir="auto">{written(known.raw)}</pre>
              </div>
            </Sheet>
            <div>
              <Sheet title={words.text("quarantine.refused")}>
                <dl class="facts">
                  <dt>{words.text("why")}</dt><dd>{words.code(known.reason)}: <span lang="en">{known.why}</span></dd>
                  <dt>{words.text("quarantine.place")}</dt><dd><Place of={known} {...props} /></dd>
                  <dt>{words.text("month")}</dt><dd>{words.month(known.period)}</dd>
                  <dt>{words.text("quarantine.received")}</dt><dd>{words.instant(known.received_at)}</dd>
                  <dt>{words.text("source")}</dt><dd>{known.source ?? "–"}</dd>
                  {known.said && <><dt>{words.text("work.decision")}</dt><dd>{known.said}</dd></>}
                </dl>
              </Sheet>
              <Decide event={known} reload={shown.reload} />
            </div>
          </div>
        )}
      </Show>
    </>
  );
}

function Decide({ event, reload }: { event: RefusedEvent; reload: () => void }) {
  const words = useWords();
  const [reason, setReason] = useState("");
  const resending = useAction();
  const dismissing = useAction();
  const path = `/v1/refused-events/${encodeURIComponent(event.id)}`;
  const resend = () =>
    resending.act(async () => {
      await post(`${path}/resendings`, {});
      reload();
      return words.text("quarantine.was_sent");
    });
  const dismiss = () =>
    dismissing.act(async () => {
      await post(`${path}/dismissals`, { reason });
      reload();
      return words.text("quarantine.was_dismissed");
    });
  const isOpen = event.state === "open";
  return (
    <Sheet title={words.text("work.decide")}>
      {event.state === "resent" ? (
        <p class="notice good">{words.text("quarantine.is_billed")}</p>
      ) : (
        <>
          <p class="soft">{words.text("quarantine.resend.lead")}</p>
          <div class="buttons"><button class={isOpen ? "main" : undefined} type="button" disabled={resending.isBusy} onClick={() => void resend()}>{words.text("quarantine.resend")}</button></div>
          {resending.result}
        </>
      )}
      {isOpen && (
        <form onSubmit={(submitted) => { submitted.preventDefault(); void dismiss(); }}>
          <TextField label={words.text("quarantine.dismiss.reason")} value={reason} onInput={setReason} long required />
          <div class="buttons"><button class="stop" type="submit" disabled={dismissing.isBusy}>{words.text("quarantine.dismiss")}</button></div>
        </form>
      )}
      {dismissing.result}
    </Sheet>
  );
}
