import { useState } from "preact/hooks";

import { all, post, Problem, url, useList } from "../api";
import type { PageProps } from "../main";
import { Amount, Figure, Link, Mark, More, PageHead, Refused, Sheet, Show, Table, TextField, useAction } from "../parts";
import type { Exception, Incident } from "../types";
import { useWords, type Key, type Words } from "../words";
import { subjectText } from "./work";

const KINDS: Record<string, Key> = {
  source: "incidents.kind.source",
  contract: "incidents.kind.contract",
  configuration: "incidents.kind.configuration",
  integration: "incidents.kind.integration",
  meter: "incidents.kind.meter",
  rule: "incidents.kind.rule",
};

type Verdict = "approved" | "rejected";
/** What no other exception would be answered either: the session is over, or nothing answers. */
const STOPS = new Set([0, 401]);

/** Say since when something holds: an hour, an instant or a day. */
function since(incident: Incident, words: Words): string {
  const first = incident.first_bad;
  if (!first) return "–";
  if (first.length <= 10) return words.day(first);
  return words.instant(first.length === 13 ? `${first}:00` : first);
}

function Amounts({ of }: { of: Incident }) {
  const words = useWords();
  return (
    <>
      {of.amounts.map((amount) => <div key={amount.currency}><Amount of={amount} /></div>)}
      {of.unknown_amounts > 0 && <div>{words.text("incidents.unknown", { number: of.unknown_amounts })}</div>}
      {!of.amounts.length && !of.unknown_amounts && "–"}
    </>
  );
}

/** What several exceptions of the month share, above the list of all of them; nothing where none do. */
export function Incidents(props: PageProps) {
  const words = useWords();
  const listed = useList<Incident>(url("/v1/incidents", { legal_entity: props.entity.id, period: props.month }));
  if (!listed.problem && !listed.data?.length) return null;
  return (
    <Sheet title={words.text("incidents.title")} padded={false}>
      <Show of={listed}>
        {(rows) => (
          <>
            <Table
              label={words.text("incidents.title")}
              rows={rows}
              rowKey={(row) => row.id}
              columns={[
                { name: words.text("incidents.shared"), isHead: true, cell: (row) => <Link to={props.to("incidents", row.id)}>{words.text(KINDS[row.kind]!)}: {words.code(row.thing)}</Link> },
                { name: words.text("incidents.what"), cell: (row) => words.code(row.what), hideNarrow: true },
                { name: words.text("incidents.wait"), isNumber: true, cell: (row) => words.text("incidents.of", { number: row.waiting, all: row.exceptions }) },
                { name: words.text("amount"), isNumber: true, cell: (row) => <Amounts of={row} /> },
                { name: words.text("incidents.since"), cell: (row) => since(row, words), hideNarrow: true },
              ]}
            />
            <More of={listed} />
          </>
        )}
      </Show>
    </Sheet>
  );
}

export function IncidentPage(props: PageProps) {
  const words = useWords();
  const path = `/v1/incidents/${encodeURIComponent(props.thing)}`;
  const listed = useList<Exception, { incident: Incident }>(url(path, { limit: "200" }));
  const incident = listed.first?.incident;
  return (
    <>
      <PageHead
        title={incident ? `${words.text(KINDS[incident.kind]!)}: ${words.code(incident.thing)}` : props.thing}
        back={{ to: props.to("work"), text: words.text("page.work") }}
      />
      <Show of={listed} missing={words.text("incidents.missing")}>
        {(rows) => (
          <>
            {incident && (
              <dl class="figures">
                <Figure name={words.text("incidents.wait")} small>{words.text("incidents.of", { number: incident.waiting, all: incident.exceptions })}</Figure>
                <Figure name={words.text("amount")}><Amounts of={incident} /></Figure>
                <Figure name={words.text("incidents.accounts")} small>{incident.accounts}</Figure>
                <Figure name={words.text("incidents.since")} small>{since(incident, words)}</Figure>
                <Figure name={words.text("incidents.lift")} small under={words.text("incidents.clean", { number: incident.clean_sharing, all: incident.clean_looked_at })}>{words.number(incident.lift)}</Figure>
              </dl>
            )}
            <div class="columns">
              <div>
                {incident && (
                  <Sheet title={words.text("incidents.why")}>
                    <p lang="en">{incident.says}</p>
                    <p class="soft">{words.text("remedy")}: <span lang="en">{incident.remedy}</span></p>
                  </Sheet>
                )}
                {incident && <DecideAll incident={incident} path={path} reload={listed.reload} />}
              </div>
              <div>
                <Sheet title={words.text("work.exceptions")} padded={false}>
                  <Table
                    label={words.text("work.exceptions")}
                    rows={rows}
                    rowKey={(row) => row.opened.id}
                    columns={[
                      { name: words.text("customer"), isHead: true, cell: (row) => <Link to={props.to("work", row.opened.id)}>{subjectText(row, words)}</Link> },
                      { name: words.text("kind"), cell: (row) => words.code(row.opened.kind), hideNarrow: true },
                      { name: words.text("amount"), isNumber: true, cell: (row) => <Amount of={row.opened.amount} /> },
                      { name: words.text("status"), cell: (row) => <Mark code={row.status} /> },
                    ]}
                  />
                  <More of={listed} />
                </Sheet>
              </div>
            </div>
          </>
        )}
      </Show>
    </>
  );
}

/** Decide each exception that waits, one by one: the API holds each of them to the limits of who decides. */
function DecideAll(props: { incident: Incident; path: string; reload: () => void }) {
  const words = useWords();
  const [reason, setReason] = useState("");
  const [done, setDone] = useState(0);
  const [refused, setRefused] = useState<string[]>([]);
  const { act, isBusy, result } = useAction();
  const decide = (verdict: Verdict) =>
    act(async () => {
      const waiting = (await all<Exception>(props.path)).filter((row) => row.decision === null);
      const failed: string[] = [];
      setRefused([]);
      for (const [index, row] of waiting.entries()) {
        setDone(index + 1);
        try {
          await post(`/v1/exceptions/${encodeURIComponent(row.opened.id)}/decisions`, { verdict, reason, incident: props.incident.id });
        } catch (error) {
          if (STOPS.has((error as Problem).status)) throw error;
          failed.push(`${row.opened.id}: ${(error as Problem).message}`);
        }
      }
      setRefused(failed);
      props.reload();
      return words.text(verdict === "approved" ? "incidents.approved" : "incidents.rejected", { number: waiting.length - failed.length, all: waiting.length });
    });
  if (!props.incident.waiting && !refused.length) return <Sheet title={words.text("work.decide")}><p>{words.text("incidents.nothing")}</p>{result}</Sheet>;
  return (
    <Sheet title={words.text("work.decide")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const by = (event as SubmitEvent).submitter as HTMLButtonElement | null;
          void decide(by?.value === "rejected" ? "rejected" : "approved");
        }}
      >
        <TextField label={words.text("work.reason")} value={reason} onInput={setReason} long required />
        <div class="buttons">
          <button class="main" type="submit" value="approved" disabled={isBusy}>{words.text("incidents.approve", { number: props.incident.waiting })}</button>
          <button class="stop" type="submit" value="rejected" disabled={isBusy}>{words.text("incidents.reject", { number: props.incident.waiting })}</button>
        </div>
        <p class="soft">{words.text("incidents.consequence")}</p>
        {isBusy && done > 0 && <p class="soft">{words.text("incidents.of", { number: done, all: props.incident.waiting })}</p>}
        {result}
        <Refused of={refused} />
      </form>
    </Sheet>
  );
}
