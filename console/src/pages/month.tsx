import { useEffect, useState } from "preact/hooks";

import { sum } from "../amounts";
import { get, post, url, useRead, type Problem } from "../api";
import type { PageProps } from "../main";
import { Amount, Equations, Figure, Link, Mark, PageHead, Sheet, Show, TextField, Trouble, useAction } from "../parts";
import type { Balanced, Month, Reconciliation, SignOff, DocumentsInStatus, Variance, WaitingReceipts } from "../types";
import { useWords } from "../words";

const POLL_MS = 1_500;
const MOST_POLLS = 120;

export function monthPath(entity: string, month: string): string {
  return `/v1/months/${encodeURIComponent(entity)}/${encodeURIComponent(month)}`;
}

export function reconciliationPath(entity: string, month: string): string {
  return `/v1/reconciliations/${encodeURIComponent(entity)}/${encodeURIComponent(month)}`;
}

export function monthBefore(month: string): string {
  const [year = 0, number = 1] = month.split("-").map(Number);
  return number > 1 ? `${year}-${String(number - 1).padStart(2, "0")}` : `${year - 1}-12`;
}

/** Read the documents of a month in parts, and add up what is known so far. */
function useTally(entity: string, month: string) {
  const [tally, setTally] = useState<{ documents: DocumentsInStatus[]; isWhole: boolean; problem?: Problem }>({ documents: [], isWhole: false });
  useEffect(() => {
    let isCurrent = true;
    const read = async () => {
      let documents: DocumentsInStatus[] = [];
      let cursor: string | null = "";
      while (cursor !== null && isCurrent) {
        const part: { documents: DocumentsInStatus[]; next: string | null } = await get(url(`${monthPath(entity, month)}/documents`, { cursor }));
        documents = added(documents, part.documents);
        cursor = part.next;
        if (isCurrent) setTally({ documents, isWhole: cursor === null });
      }
    };
    read().catch((problem: Problem) => isCurrent && setTally((known) => ({ ...known, problem })));
    return () => {
      isCurrent = false;
    };
  }, [entity, month]);
  return tally;
}

function added(left: DocumentsInStatus[], right: DocumentsInStatus[]): DocumentsInStatus[] {
  const statuses = [...new Set([...left, ...right].map((one) => one.status))].sort();
  return statuses.map((status) => {
    const of = [...left, ...right].filter((one) => one.status === status);
    const gross = of.flatMap((one) => one.gross);
    const currencies = [...new Set(gross.map((one) => one.currency))];
    return {
      status,
      number: of.reduce((known, one) => known + one.number, 0),
      gross: currencies.map((currency) => ({ currency, amount: sum(gross.filter((one) => one.currency === currency).map((one) => one.amount)) })),
    };
  });
}

export function MonthPage(props: PageProps) {
  const words = useWords();
  const state = useRead<Month>(monthPath(props.entity.id, props.month));
  const run = state.data?.is_closed ? state.data.runs[state.data.runs.length - 1] : undefined;
  const balance = useRead<Balanced>(run ? `/v1/runs/${encodeURIComponent(run)}/balance` : null);
  const cash = useRead<Balanced>(`/v1/cash/${encodeURIComponent(props.entity.id)}`);
  const tally = useTally(props.entity.id, props.month);
  const receipts = useRead<WaitingReceipts>(`/v1/cash/${encodeURIComponent(props.entity.id)}/waiting`);
  return (
    <>
      <PageHead title={words.month(props.month)} lead={words.text("month.lead", { entity: props.entity.name })}>
        {state.data?.sign_off && <Mark code="closed" text={words.text("month.signed_off")} />}
      </PageHead>
      <Show of={state}>
        {(month) => (
          <>
            <dl class="figures">
              {tally.documents.map((known) => (
                <Figure key={known.status} name={words.text("month.documents", { status: words.code(known.status) })} under={known.gross.map((gross) => words.money(gross)).join(", ")}>
                  {words.number(known.number)}{!tally.isWhole && " …"}
                </Figure>
              ))}
              <Figure name={words.text("month.waiting_exceptions")}>
                <Link to={props.to("work")}>{month.waiting_exceptions}</Link>
              </Figure>
              <Figure name={words.text("month.waiting_receipts")}>
                <Link to={props.to("cash")}>{receipts.data ? words.number(receipts.data.receipts) : "…"}</Link>
              </Figure>
              <Figure name={words.text("month.run")} small under={month.runs.length ? words.text(month.is_closed ? "month.run_closed" : "month.run_open") : ""}>
                <span class="mono">{month.runs[month.runs.length - 1] ?? words.text("month.no_run")}</span>
              </Figure>
            </dl>
            {(tally.problem ?? receipts.problem) && <Trouble problem={(tally.problem ?? receipts.problem)!} />}
            <div class="columns">
              <div>
                <Sheet title={words.text("month.balance")} padded={false} aside={words.text("month.balance.aside")}>
                  {run ? (
                    <Show of={balance} missing={words.text("month.no_balance")}>
                      {(known) => <Equations of={known.statement.equations} />}
                    </Show>
                  ) : (
                    <p class="empty">{words.text("month.no_balance")}</p>
                  )}
                </Sheet>
              </div>
              <div>
                <Close {...props} month_state={month} waitingReceipts={receipts.data?.receipts} reload={() => { state.reload(); receipts.reload(); }} />
                <Sheet title={words.text("month.cash")} padded={false} aside={words.text("month.cash.aside")}>
                  <Show of={cash}>{(known) => <Equations of={known.statement.equations} />}</Show>
                </Sheet>
              </div>
            </div>
          </>
        )}
      </Show>
    </>
  );
}

function Close(props: PageProps & { month_state: Month; waitingReceipts: number | undefined; reload: () => void }) {
  const words = useWords();
  const month = props.month_state;
  const reconciled = month.reconciled;
  if (month.sign_off) return <SignedOff sign_off={month.sign_off} />;
  const steps: [boolean, string, string, string][] = [
    [month.is_closed, words.text("close.run"), "", ""],
    [month.waiting_exceptions === 0, words.text("close.exceptions", { number: month.waiting_exceptions }), props.to("work"), words.text("page.work")],
    [props.waitingReceipts === 0, words.text("close.receipts", { number: props.waitingReceipts ?? "…" }), props.to("cash"), words.text("page.cash")],
    [
      reconciled !== null,
      reconciled
        ? words.text("close.reconciled", { at: words.instant(reconciled.reconciled_at), number: reconciled.differences + reconciled.unsettled })
        : words.text("close.not_reconciled"),
      props.to("reconciliation"),
      words.text("page.reconciliation"),
    ],
  ];
  return (
    <Sheet title={words.text("close")} padded={false}>
      <ol class="checklist">
        {steps.map(([isDone, text, to, name]) => (
          <li key={text} class={isDone ? "done" : undefined}>
            <span class="tick" aria-hidden="true">{isDone ? "✓" : "•"}</span>
            <span>
              <span class="visually-hidden">{words.text(isDone ? "close.done" : "close.to_do")}: </span>
              {text}
            </span>
            {to ? <Link to={to}>{name}</Link> : <span />}
          </li>
        ))}
      </ol>
      <SignOffForm {...props} />
    </Sheet>
  );
}

function SignedOff({ sign_off }: { sign_off: SignOff }) {
  const words = useWords();
  return (
    <Sheet title={words.text("close")}>
      <p class="notice good">{words.text("close.signed", { by: sign_off.signed_by, at: words.instant(sign_off.signed_at) })}</p>
      {(sign_off.open_points ?? []).length > 0 && (
        <>
          <h3>{words.text("close.open_points")}</h3>
          <ul class="findings">
            {sign_off.open_points!.map((point) => (
              <li key={point.variance}>
                <span>
                  {words.code(point.category)} {point.account}: <Amount of={point.amount} />
                </span>
                <span class="remedy">{words.text("close.answered", { by: point.accepted_by })}: {point.reason}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </Sheet>
  );
}

function useVariances(entity: string, month: string) {
  const own = useRead<Reconciliation>(reconciliationPath(entity, month));
  const before = useRead<Reconciliation>(reconciliationPath(entity, monthBefore(month)));
  const of = (report: Reconciliation | undefined): Variance[] => [...(report?.variances ?? []), ...(report?.unsettled ?? [])];
  return {
    variances: [...of(before.data), ...of(own.data)],
    reload: () => {
      own.reload();
      before.reload();
    },
  };
}

/** When a month was compared last; empty where it never was. */
async function comparedAt(entity: string, month: string): Promise<string> {
  try {
    return (await get<Reconciliation>(reconciliationPath(entity, month))).reconciled_at ?? "";
  } catch (error) {
    if ((error as Problem).status === 404) return "";
    throw error;
  }
}

function SignOffForm(props: PageProps & { month_state: Month; reload: () => void }) {
  const words = useWords();
  const { variances, reload } = useVariances(props.entity.id, props.month);
  const [points, setPoints] = useState<string[]>([]);
  const [reason, setReason] = useState("");
  const compare = useAction();
  const sign = useAction();
  const request = { legal_entity: props.entity.id, period: props.month };
  useEffect(() => setPoints((known) => known.filter((id) => variances.some((one) => one.id === id))), [variances.length]);
  const compareNow = () =>
    compare.act(async () => {
      sign.forget();
      const months = [props.month, monthBefore(props.month)];
      const before = await Promise.all(months.map((month) => comparedAt(props.entity.id, month)));
      await post("/v1/sign-offs", { ...request, step: "compare" });
      for (let poll = 0; poll < MOST_POLLS; poll += 1) {
        const now = await Promise.all(months.map((month) => comparedAt(props.entity.id, month)));
        if (now.every((at, index) => at > before[index]!)) {
          props.reload();
          reload();
          return words.text("close.compared");
        }
        await new Promise((wake) => setTimeout(wake, POLL_MS));
      }
      return words.text("close.still_comparing");
    });
  const signOff = () =>
    sign.act(async () => {
      const signed = await post<SignOff>("/v1/sign-offs", { ...request, step: "close", open_points: points, reason });
      props.reload();
      return words.text("close.signed", { by: signed.signed_by, at: words.instant(signed.signed_at) });
    });
  const toggle = (id: string, isOn: boolean) => setPoints(isOn ? [...points, id] : points.filter((known) => known !== id));
  return (
    <form
      class="body"
      onSubmit={(event) => {
        event.preventDefault();
        void signOff();
      }}
    >
      {variances.length > 0 && (
        <fieldset>
          <legend>{words.text("close.open_points.lead")}</legend>
          {variances.map((one) => (
            <p key={one.id}>
              <label>
                <input type="checkbox" checked={points.includes(one.id)} onChange={(event) => toggle(one.id, event.currentTarget.checked)} />{" "}
                {words.code(one.category)} {one.billing_account || <Link to={props.to("cash", one.external_reference)}>{words.text("cash.receipt")}</Link>} <b><Amount of={one.amount} /></b>
              </label>
            </p>
          ))}
        </fieldset>
      )}
      {points.length > 0 && <TextField label={words.text("reason")} value={reason} onInput={setReason} long required />}
      <div class="buttons">
        <button type="button" onClick={() => void compareNow()} disabled={compare.isBusy}>
          {words.text(compare.isBusy ? "close.comparing" : "close.compare")}
        </button>
        <button class="main" type="submit" disabled={sign.isBusy || compare.isBusy}>
          {words.text("close.sign_off", { month: words.month(props.month) })}
        </button>
      </div>
      {compare.result}
      {points.length < variances.length && sign.problem && <p class="notice warn">{words.text("close.not_chosen", { number: variances.length - points.length })}</p>}
      {sign.result}
    </form>
  );
}
