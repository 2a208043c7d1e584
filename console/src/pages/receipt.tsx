import { useEffect, useState } from "preact/hooks";

import { isNegative, isZero, least, minus, sum } from "../amounts";
import { post, url, useList, useRead } from "../api";
import type { PageProps } from "../main";
import { Amount, Choice, Field, Figure, Link, Mark, PageHead, Sheet, Show, TextField, Trouble, useAction } from "../parts";
import type { AccountRow, AccountStatement, Match, ShownReceipt, StatedDocument } from "../types";
import { useWords } from "../words";

export function ReceiptPage(props: PageProps) {
  const words = useWords();
  const shown = useRead<ShownReceipt>(`/v1/receipts/${encodeURIComponent(props.entity.id)}/${encodeURIComponent(props.thing)}`);
  const receipt = shown.data?.state.receipt;
  return (
    <>
      <PageHead title={receipt ? `${receipt.payer.name ?? receipt.reference}, ${words.money(receipt.amount)}` : props.thing} back={{ to: props.to("cash"), text: words.text("page.cash") }}>
        {shown.data && <Mark code={shown.data.state.status} />}
      </PageHead>
      <Show of={shown} missing={words.text("receipt.missing")}>
        {(known) => (
          <>
            <dl class="figures">
              <Figure name={words.text("amount")} under={words.day(known.state.receipt.booked_on)}><Amount of={known.state.receipt.amount} /></Figure>
              <Figure name={words.text("receipt.applied")}><Amount of={known.state.applied} /></Figure>
              <Figure name={words.text("cash.unapplied")}><Amount of={known.state.unapplied} /></Figure>
              <Figure name={words.text("customer")} small>{known.state.account ?? (known.state.proposed ? `${known.state.proposed}?` : "–")}</Figure>
            </dl>
            <div class="columns">
              <div>
                <Sheet title={words.text("receipt.told")}>
                  <dl class="facts">
                    <dt>{words.text("cash.payer")}</dt><dd>{known.state.receipt.payer.name ?? "–"} {known.state.receipt.payer.account ?? ""}</dd>
                    <dt>{words.text("cash.text")}</dt><dd>{known.state.receipt.remittance || "–"}</dd>
                    <dt>{words.text("receipt.structured")}</dt><dd class="mono">{known.state.receipt.structured ?? "–"}</dd>
                    <dt>{words.text("source")}</dt><dd class="mono">{known.state.receipt.source} {known.state.receipt.reference}</dd>
                  </dl>
                </Sheet>
                <Uses of={known} />
              </div>
              <div>
                {isZero(known.state.applied.amount) ? <Apply shown={known} {...props} reload={shown.reload} /> : <Reverse shown={known} {...props} reload={shown.reload} />}
              </div>
            </div>
          </>
        )}
      </Show>
    </>
  );
}

function Uses({ of }: { of: ShownReceipt }) {
  const words = useWords();
  return (
    <Sheet title={words.text("receipt.uses")}>
      {!of.uses.length && <p class="soft">{words.text("receipt.no_uses")}</p>}
      <ol class="timeline">
        {of.uses.map((use) => (
          <li key={use.ordinal}>
            <b>{words.code(use.kind)}</b> <span class="soft">{words.day(use.day)}</span> {use.account}
            {use.decided_by && <div>{use.decided_by}: {use.reason}</div>}
            {use.settlements.map((part) => (
              <div key={part.allocation.number}>{part.allocation.number}: <Amount of={part.allocation.paid} /></div>
            ))}
            {use.match && <Evidence of={use.match} />}
          </li>
        ))}
      </ol>
    </Sheet>
  );
}

function Evidence({ of }: { of: Match }) {
  const words = useWords();
  return (
    <div class="soft">
      {words.text("receipt.rule", { rule: words.code(of.rule), confidence: words.number(of.confidence) })}
      {of.evidence.map((text) => <div key={text} lang="en">{text}</div>)}
    </div>
  );
}

function Apply(props: PageProps & { shown: ShownReceipt; reload: () => void }) {
  const words = useWords();
  const { state, uses } = props.shown;
  const match = [...uses].reverse().find((use) => use.match)?.match;
  const [account, setAccount] = useState(state.proposed ?? match?.account ?? match?.others[0]?.account ?? "");
  const named = match?.allocations[0]?.number;
  const owner = useRead<{ released: { account: string } }>(account || !named ? null : url(`/v1/invoices/${encodeURIComponent(named)}`, { fields: "released" }));
  useEffect(() => {
    if (owner.data) setAccount(owner.data.released.account);
  }, [owner.data]);
  const accounts = useList<AccountRow>(url("/v1/accounts", { legal_entity: props.entity.id, limit: "1000" }));
  const known = accounts.data?.some((one) => one.account === account) ?? false;
  const statement = useRead<AccountStatement>(known ? url(`/v1/accounts/${encodeURIComponent(account)}/statement`, { only_open: true }) : null);
  const open = statement.data?.currencies.filter((one) => one.currency === state.receipt.amount.currency).flatMap((one) => one.documents) ?? [];
  const [pays, setPays] = useState<Record<string, string>>({});
  const [suggested, setSuggested] = useState<AccountStatement>(); // before it is, nothing is to be applied
  const [reason, setReason] = useState("");
  const { act, isBusy, result } = useAction();
  const { currency } = state.unapplied;
  useEffect(() => {
    const wanted = Object.entries(proposed(open, state.unapplied.amount, match));
    setPays(Object.fromEntries(wanted.map(([number, amount]) => [number, amount && words.field(amount, currency)])));
    setSuggested(statement.data);
  }, [statement.data, words]);
  const others = (match?.allocations ?? []).filter((part) => !open.some((document) => document.number === part.number));
  const left = minus(state.unapplied.amount, sum(Object.values(pays).map(words.typed).filter((value) => /^\d+(\.\d+)?$/.test(value))));
  const send = () =>
    act(async () => {
      const typed = Object.entries(pays).map(([number, amount]) => ({ number, amount: words.typed(amount) }));
      const paid = typed.filter(({ amount }) => amount && !isZero(amount));
      await post(`/v1/receipts/${encodeURIComponent(state.id)}/decisions`, { legal_entity: props.entity.id, verdict: "applied", account, pays: paid, reason });
      props.reload();
      return words.text("receipt.was_applied");
    });
  return (
    <Sheet title={words.text("receipt.decide")}>
      <form onSubmit={(event) => { event.preventDefault(); void send(); }}>
        <Choice
          label={words.text("customer")}
          value={account}
          choices={[["", words.text("receipt.whose")], ...(accounts.data ?? []).map((one): [string, string] => [one.account, `${one.account} ${one.name}`])]}
          onChange={setAccount}
        />
        {statement.problem && <Trouble problem={statement.problem} />}
        {known && statement.data && !open.length && <p class="soft">{words.text("receipt.nothing_open")}</p>}
        {open.map((document) => (
          <Field key={document.number} label={words.text("receipt.pays", { number: document.number, open: words.money(document.open) })}>
            {(id) => (
              <input id={id} inputMode="decimal" value={pays[document.number] ?? ""} onInput={(event) => setPays({ ...pays, [document.number]: event.currentTarget.value })} />
            )}
          </Field>
        ))}
        {known && others.map((part) => (
          <Field key={part.number} label={words.text("receipt.pays_other", { number: part.number })}>
            {(id) => (
              <input id={id} inputMode="decimal" value={pays[part.number] ?? ""} onInput={(event) => setPays({ ...pays, [part.number]: event.currentTarget.value })} />
            )}
          </Field>
        ))}
        {known && (
          <p class={isNegative(left) ? "notice bad" : "soft"}>
            {words.text("receipt.left")}: <Amount of={{ amount: left, currency: state.receipt.amount.currency }} />
          </p>
        )}
        <TextField label={words.text("reason")} value={reason} onInput={setReason} long required />
        <div class="buttons"><button class="main" type="submit" disabled={isBusy || !known || !statement.data || suggested !== statement.data}>{words.text("receipt.apply")}</button></div>
        {result}
      </form>
    </Sheet>
  );
}

/** What a receipt may pay: what it was matched with, else the oldest open documents. */
function proposed(open: StatedDocument[], amount: string, match: Match | null | undefined): Record<string, string> {
  const wanted: Record<string, string> = {};
  if (match?.allocations.length) {
    for (const part of match.allocations) wanted[part.number] = (part.conversion?.received ?? part.paid).amount;
    return wanted;
  }
  let left = amount;
  for (const document of open) {
    const paid = least(document.open.amount, left);
    wanted[document.number] = isZero(paid) ? "" : paid;
    left = minus(left, paid);
  }
  return wanted;
}

function Reverse(props: PageProps & { shown: ShownReceipt; reload: () => void }) {
  const words = useWords();
  const { state } = props.shown;
  const [reason, setReason] = useState("");
  const { act, isBusy, result } = useAction();
  const paid = props.shown.uses.flatMap((use) => use.settlements.map((part) => part.allocation));
  const send = () =>
    act(async () => {
      await post(`/v1/receipts/${encodeURIComponent(state.id)}/decisions`, { legal_entity: props.entity.id, verdict: "reversed", reason });
      props.reload();
      return words.text("receipt.was_reversed");
    });
  return (
    <Sheet title={words.text("receipt.reverse")}>
      <div>{paid.map((part) => <div key={part.number}><Link to={props.to("invoices", part.number)}>{part.number}</Link> <Amount of={part.paid} /></div>)}</div>
      <details>
        <summary>{words.text("receipt.reverse.open")}</summary>
        <form onSubmit={(event) => { event.preventDefault(); void send(); }}>
          <TextField label={words.text("reason")} value={reason} onInput={setReason} long required />
          <div class="buttons"><button class="stop" type="submit" disabled={isBusy}>{words.text("receipt.reverse.send")}</button></div>
        </form>
      </details>
      {result}
    </Sheet>
  );
}
