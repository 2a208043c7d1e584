import { useEffect, useMemo, useRef, useState } from "preact/hooks";

import { post, Problem, url, useList, useRead } from "../api";
import { Bars } from "../chart";
import type { PageProps } from "../main";
import { Amount, Choice, Empty, Figure, Link, Mark, More, PageHead, Refused, Sheet, Show, Table, TextField, useAction } from "../parts";
import { go } from "../router";
import type { Exception, Finding, Invoice, InvoiceRow, ShownException } from "../types";
import { useWords, type Words } from "../words";
import { ContractLine, type Contracts } from "./customers";
import { InvoiceLines, TaxSummary } from "./lines";
import { Incidents } from "./incidents";
import { isSnoozed, Notes } from "./notes";

/** How many whole days ago an instant was. */
export function daysSince(instant: string): number {
  return Math.max(0, Math.floor((Date.now() - Date.parse(instant)) / 86_400_000));
}

export function subjectText(exception: Exception, words: Words): string {
  const { kind, subject } = exception.opened;
  return subject.startsWith("_") ? words.code(kind) : subject;
}

export function WorkPage(props: PageProps) {
  const words = useWords();
  const [shown, setShown] = useState("waiting");
  const [at, setAt] = useState(0);
  const [picked, setPicked] = useState<string[]>([]);
  const listed = useList<Exception>(
    url("/v1/exceptions", {
      legal_entity: props.entity.id,
      period: props.month,
      all: shown === "all",
      without_snoozed: shown === "waiting",
      assignee: shown === "mine" ? props.entity.acts_as : "",
      order: "age",
      limit: "200",
    }),
  );
  const rows = listed.data ?? [];
  const latest = useRef({ at: 0, rows });
  latest.current.rows = rows;
  useEffect(() => {
    const move = (by: number) => {
      const now = latest.current;
      now.at = Math.min(Math.max(now.at + by, 0), now.rows.length - 1);
      setAt(now.at);
    };
    const pressed = (event: KeyboardEvent) => {
      if ((event.target as HTMLElement).closest("input, textarea, select, button, a") || event.metaKey || event.ctrlKey) return;
      const row = latest.current.rows[latest.current.at];
      if (event.key === "j") move(1);
      if (event.key === "k") move(-1);
      if (event.key === "Enter" && row) go(props.to("work", row.opened.id));
      if (event.key === "x" && row?.status === "open") toggle(row.opened.id);
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, []);
  const toggle = (id: string) =>
    setPicked((known) => (known.includes(id) ? known.filter((one) => one !== id) : [...known, id]));
  return (
    <>
      <PageHead title={words.text("page.work")} lead={words.text("work.lead", { month: words.month(props.month) })} />
      <Incidents {...props} />
      <Sheet
        title={words.text("work.exceptions")}
        padded={false}
        aside={
          <span class="hide-narrow">
            <kbd>j</kbd> <kbd>k</kbd> {words.text("work.keys.move")} · <kbd>Enter</kbd> {words.text("work.keys.open")} · <kbd>x</kbd>{" "}
            {words.text("work.keys.pick")}
          </span>
        }
      >
        <div class="body fields">
          <Choice
            label={words.text("show")}
            value={shown}
            choices={[["waiting", words.text("work.waiting")], ["mine", words.text("work.mine")], ["snoozed", words.text("work.snoozed_too")], ["all", words.text("work.all")]]}
            onChange={setShown}
          />
        </div>
        <Show of={listed}>
          {() => (
            <>
              <Table
                label={words.text("work.exceptions")}
                rows={rows}
                chosen={at}
                empty={words.text("work.empty")}
                rowKey={(row) => row.opened.id}
                columns={[
                  {
                    name: "✓",
                    cell: (row) =>
                      row.status === "open" ? (
                        <input
                          type="checkbox"
                          aria-label={words.text("work.pick", { subject: subjectText(row, words) })}
                          checked={picked.includes(row.opened.id)}
                          onChange={() => toggle(row.opened.id)}
                        />
                      ) : null,
                  },
                  { name: words.text("customer"), isHead: true, cell: (row) => <Link to={props.to("work", row.opened.id)}>{subjectText(row, words)}</Link> },
                  { name: words.text("kind"), cell: (row) => words.code(row.opened.kind), hideNarrow: true },
                  { name: words.text("why"), cell: (row) => <span title={row.opened.findings[0]?.message}>{codes(row.opened.findings, words)}</span> },
                  { name: words.text("amount"), isNumber: true, cell: (row) => <Amount of={row.opened.amount} /> },
                  { name: words.text("owner"), cell: (row) => words.code(row.opened.findings[0]?.owner ?? ""), hideNarrow: true },
                  { name: words.text("waits"), isNumber: true, cell: (row) => words.text("days", { number: daysSince(row.opened.opened_at) }), hideNarrow: true },
                  { name: words.text("notes.assignee"), cell: (row) => row.assignee ?? "–", hideNarrow: true },
                  {
                    name: words.text("status"),
                    cell: (row) => (row.status === "open" && isSnoozed(row) ? <Mark code="snoozed" text={words.text("work.until", { day: words.day(row.snoozed_until ?? "") })} /> : <Mark code={row.status} />),
                    hideNarrow: true,
                  },
                ]}
              />
              <More of={listed} />
            </>
          )}
        </Show>
        {picked.length > 0 && <Together picked={picked} onDone={() => { setPicked([]); listed.reload(); }} />}
      </Sheet>
    </>
  );
}

function codes(findings: Finding[], words: Words): string {
  return [...new Set(findings.map((finding) => finding.code))].map(words.code).join(", ");
}

/** Decide several exceptions with one reason; the API holds each of them to the limits of who decides. */
function Together(props: { picked: string[]; onDone: () => void }) {
  const words = useWords();
  const [reason, setReason] = useState("");
  const [refused, setRefused] = useState<string[]>([]);
  const { act, isBusy, result } = useAction();
  const approve = () =>
    act(async () => {
      const failed: string[] = [];
      for (const exception of props.picked) {
        try {
          await post(`/v1/exceptions/${encodeURIComponent(exception)}/decisions`, { verdict: "approved", reason });
        } catch (error) {
          failed.push(`${exception}: ${(error as Problem).message}`);
        }
      }
      setRefused(failed);
      if (!failed.length) props.onDone();
      return words.text("work.approved", { number: props.picked.length - failed.length });
    });
  return (
    <form class="body" onSubmit={(event) => { event.preventDefault(); void approve(); }}>
      <TextField label={words.text("work.together.reason", { number: props.picked.length })} value={reason} onInput={setReason} required />
      <div class="buttons">
        <button class="main" type="submit" disabled={isBusy}>{words.text("work.together", { number: props.picked.length })}</button>
      </div>
      {result}
      <Refused of={refused} />
    </form>
  );
}

export function ExceptionPage(props: PageProps) {
  const words = useWords();
  const path = `/v1/exceptions/${encodeURIComponent(props.thing)}`;
  const shown = useRead<ShownException>(path);
  const state = shown.data?.state;
  const isDocument = state !== undefined && ["invoice", "credit_note"].includes(state.opened.kind);
  const account = isDocument ? state.opened.subject.split("~")[0] : undefined;
  const draft = useRead<{ invoice: Invoice }>(isDocument ? `${path}/document` : null);
  return (
    <>
      <PageHead
        title={state ? `${subjectText(state, words)}: ${words.code(state.opened.kind)}` : props.thing}
        back={{ to: props.to("work"), text: words.text("page.work") }}
      >
        {state && <Mark code={state.status} />}
        {draft.data && state?.decision === null && <a class="button" href={`${path}/pdf`} download>{words.text("work.draft_pdf")}</a>}
      </PageHead>
      <Show of={shown} missing={words.text("work.missing")}>
        {({ state: known, may_approve, notes }) => (
          <>
            <dl class="figures">
              {account && (
                <Figure name={words.text("customer")} small under={<Link to={props.to("customers", account)}>{account}</Link>}>
                  {draft.data?.invoice.buyer.name ?? account}
                </Figure>
              )}
              <Figure name={words.text("amount")}><Amount of={known.opened.amount} /></Figure>
              <Figure name={words.text("waits")} under={words.instant(known.opened.opened_at)}>{words.text("days", { number: daysSince(known.opened.opened_at) })}</Figure>
              <Figure name={words.text("work.asked_by")} small under={<span class="mono">{known.opened.run}</span>}>{known.opened.requested_by}</Figure>
              <Figure name={words.text("work.may_approve")} small>{may_approve.join(", ") || "–"}</Figure>
            </dl>
            <div class="columns">
              <div>
                <Sheet title={words.text("work.findings")}>
                  <Findings of={known.opened.findings} />
                </Sheet>
                {isDocument && (
                  <Sheet title={words.text("work.draft")} padded={false} aside={draft.data && <Amount of={draft.data.invoice.totals.gross} />}>
                    <Show of={draft} missing={words.text("work.no_draft")}>
                      {({ invoice }) => (
                        <>
                          <InvoiceLines lines={invoice.lines} currency={invoice.currency} />
                          <TaxSummary invoice={invoice} />
                        </>
                      )}
                    </Show>
                  </Sheet>
                )}
              </div>
              <div>
                <Decide exception={known} mayApprove={may_approve} entity={props.entity} to={props.to} reload={shown.reload} />
                <Notes {...props} state={known} notes={notes} reload={shown.reload} />
                {account && <History account={account} {...props} draft={draft.data?.invoice} />}
                {account && <ContractsOf account={account} />}
              </div>
            </div>
          </>
        )}
      </Show>
    </>
  );
}

/** What the customer's contracts are, and what each version changed. */
function ContractsOf({ account }: { account: string }) {
  const words = useWords();
  const contracts = useRead<Contracts>(`/v1/accounts/${encodeURIComponent(account)}/contracts`);
  return (
    <Sheet title={words.text("customers.contracts")}>
      <Show of={contracts}>{(known) => <ContractLine of={known} />}</Show>
    </Sheet>
  );
}

export function Findings({ of }: { of: Finding[] }) {
  const words = useWords();
  return (
    <ul class="findings">
      {of.map((finding) => (
        <li key={`${finding.code} ${finding.path}`} class={finding.severity}>
          <span>
            <Mark code={finding.severity} /> <b>{words.code(finding.code)}</b>
          </span>
          <span lang="en">{finding.message}.</span>
          <span class="remedy">
            {words.text("remedy")}: <span lang="en">{finding.remedy}</span>
          </span>
          <span class="soft">
            {words.text("at_risk")}: <Amount of={finding.amount_at_risk} /> · {words.text("owner")}: {words.code(finding.owner)}
          </span>
        </li>
      ))}
    </ul>
  );
}

const LOOK_MS = 2_000;
const MOST_LOOKS = 30;

function Decide(props: { exception: Exception; mayApprove: string[]; entity: PageProps["entity"]; to: PageProps["to"]; reload: () => void }) {
  const words = useWords();
  const { exception, entity } = props;
  const [reason, setReason] = useState("");
  const { act, isBusy, result } = useAction();
  const decide = (verdict: "approved" | "rejected") =>
    act(async () => {
      await post(`/v1/exceptions/${encodeURIComponent(exception.opened.id)}/decisions`, { verdict, reason });
      props.reload();
      return words.text(verdict === "approved" ? "work.was_approved" : "work.was_rejected");
    });
  if (exception.decision) {
    const taken = exception.decision;
    return (
      <Sheet title={words.text("work.decision")}>
        <p>
          <Mark code={taken.verdict} /> {words.text("work.decided", { by: taken.decided_by, at: words.instant(taken.decided_at) })}
        </p>
        <p class="soft">{taken.reason}</p>
        {taken.verdict === "approved" && ["invoice", "credit_note"].includes(exception.opened.kind) && <Released exception={exception} to={props.to} />}
        {result}
      </Sheet>
    );
  }
  const isAble = props.mayApprove.includes(entity.acts_as);
  return (
    <Sheet title={words.text("work.decide")}>
      {!isAble && (
        <p class="notice warn">
          {words.text("work.not_able", { name: entity.person || entity.acts_as, others: props.mayApprove.join(", ") || "–" })}
        </p>
      )}
      {!exception.opened.can_approve && <p class="notice warn">{words.text("work.cannot_approve")}</p>}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const by = (event as SubmitEvent).submitter as HTMLButtonElement | null;
          void decide(by?.value === "rejected" ? "rejected" : "approved");
        }}
      >
        <TextField label={words.text("work.reason")} value={reason} onInput={setReason} long required />
        <div class="buttons">
          {exception.opened.can_approve && (
            <button class="main" type="submit" value="approved" disabled={isBusy}>{words.text("approve")}</button>
          )}
          <button class="stop" type="submit" value="rejected" disabled={isBusy}>{words.text("reject")}</button>
        </div>
        <p class="soft">{words.text("work.consequence")}</p>
        {result}
      </form>
    </Sheet>
  );
}

/** Whether an approved document is released by now: its workflow does that, and takes some seconds. */
function Released({ exception, to }: { exception: Exception; to: PageProps["to"] }) {
  const words = useWords();
  const document = exception.opened.id.split(".").slice(0, -1).join(".");
  const kind = exception.opened.kind === "credit_note" ? "credit-notes" : "invoices";
  const released = useRead<{ released: { number: string } }>(url(`/v1/${kind}/${encodeURIComponent(document)}`, { fields: "released" }));
  const [looks, setLooks] = useState(0);
  useEffect(() => {
    if (released.problem?.status !== 404 || looks >= MOST_LOOKS) return;
    const timer = setTimeout(() => { setLooks(looks + 1); released.reload(); }, LOOK_MS);
    return () => clearTimeout(timer);
  }, [released.problem, looks]);
  if (released.data) return <p>{words.text("work.released_as")} <Link to={to("invoices", released.data.released.number)}>{released.data.released.number}</Link></p>;
  return <p class={looks >= MOST_LOOKS ? "notice warn" : "soft"}>{words.text(looks >= MOST_LOOKS ? "work.not_released" : "work.is_released_now")}</p>;
}

/** What a customer was billed in the last twelve months, beside what is held now. */
export function History(props: PageProps & { account: string; draft: Invoice | undefined }) {
  const words = useWords();
  const released = useRead<{ items: InvoiceRow[] }>(url("/v1/invoices", { account: props.account, limit: "1000" }));
  return (
    <Sheet title={words.text("history")} aside={<Link to={props.to("customers", props.account)}>{props.account}</Link>}>
      <Show of={released}>
        {({ items }) => <HistoryBars items={items} draft={props.draft} month={props.month} />}
      </Show>
    </Sheet>
  );
}

function HistoryBars(props: { items: InvoiceRow[]; draft: Invoice | undefined; month: string }) {
  const words = useWords();
  const bars = useMemo(() => {
    const known = props.items
      .filter((row) => row.gross !== null && row.currency !== null)
      .map((row) => ({ period: row.invoice.split(".").at(-2) ?? "", gross: { amount: row.gross!, currency: row.currency! } }))
      .sort((one, other) => one.period.localeCompare(other.period))
      .slice(-12);
    const held = props.draft ? [{ period: props.draft.period.start.slice(0, 7), gross: props.draft.totals.gross }] : [];
    return [...known, ...held.filter((one) => !known.some((other) => other.period === one.period))].map((one) => ({
      label: one.period,
      value: one.gross.amount,
      text: words.money(one.gross),
    }));
  }, [props.items, props.draft, words]);
  if (!bars.length) return <Empty>{words.text("history.empty")}</Empty>;
  return (
    <>
      <Bars bars={bars} label={words.text("history")} />
      <details>
        <summary>{words.text("as_table")}</summary>
        <Table
          label={words.text("history")}
          rows={bars}
          rowKey={(bar) => bar.label}
          columns={[
            { name: words.text("month"), cell: (bar) => bar.label, isHead: true },
            { name: words.text("total"), cell: (bar) => bar.text, isNumber: true },
          ]}
        />
      </details>
    </>
  );
}
