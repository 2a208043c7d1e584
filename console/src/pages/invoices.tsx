import { useMemo, useState } from "preact/hooks";

import { all, get, post, url, useList, useRead } from "../api";
import type { PageProps } from "../main";
import { Amount, Choice, Figure, Link, Mark, More, PageHead, Sheet, Show, Table, TextField, useAction } from "../parts";
import type { AccountStatement, InvoiceRow, Proof, ShownInvoice, UsageEvent } from "../types";
import { useWords } from "../words";
import { InvoiceLines, TaxSummary } from "./lines";

const STATUSES = ["", "held", "released", "posted"];
const FIELDS: (keyof InvoiceRow)[] = ["invoice", "number", "account", "status", "sent", "currency", "net", "tax", "gross", "findings"];

export function InvoicesPage(props: PageProps) {
  const words = useWords();
  const [kind, setKind] = useState("invoices");
  const [status, setStatus] = useState("");
  const [sought, setSought] = useState("");
  const path = url(`/v1/${kind}`, { legal_entity: props.entity.id, period: props.month, status, limit: "200" });
  const listed = useList<InvoiceRow>(path);
  const rows = useMemo(() => {
    const wanted = sought.trim().toLowerCase();
    const found = (listed.data ?? []).filter((row) => !wanted || `${row.number ?? ""} ${row.account}`.toLowerCase().includes(wanted));
    if (listed.hasMore) return found; // in the order of the pages, so that nothing moves when another one comes
    return found.sort((one, other) => (one.number ?? `~${one.account}`).localeCompare(other.number ?? `~${other.account}`));
  }, [listed.data, listed.hasMore, sought]);
  const { act, isBusy, result } = useAction();
  const save = () =>
    act(async () => {
      const items = await all<InvoiceRow>(url(`/v1/${kind}`, { legal_entity: props.entity.id, period: props.month, status }));
      const cell = (value: unknown) => {
        const text = String(value ?? "");
        const safe = /^[=+@\t\r-]/.test(text) && !/^-?\d/.test(text) ? `'${text}` : text; // no program of a spreadsheet
        return /[",\r\n]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
      };
      const text = [FIELDS.join(","), ...items.map((row) => FIELDS.map((name) => cell(row[name])).join(","))].join("\r\n");
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
      link.download = `${props.entity.id}-${props.month}-${kind}.csv`;
      link.click();
      URL.revokeObjectURL(link.href);
      return words.text("invoices.saved", { number: items.length });
    });
  const open = (row: InvoiceRow) =>
    row.number ? (
      <Link class="nowrap" to={props.to("invoices", row.number)}>{row.number}</Link>
    ) : (
      <Link to={props.to("work")}>{words.text("invoices.no_number")}</Link>
    );
  const money = (amount: string | null, row: InvoiceRow) => <Amount of={amount !== null && row.currency ? { amount, currency: row.currency } : null} />;
  return (
    <>
      <PageHead title={words.text("page.invoices")} lead={words.text("invoices.lead", { month: words.month(props.month) })}>
        <button type="button" onClick={() => void save()} disabled={isBusy}>{words.text("invoices.csv")}</button>
      </PageHead>
      {result}
      <Sheet title={words.code(kind)} padded={false} aside={listed.data && words.text("rows", { number: rows.length })}>
        <div class="body fields">
          <TextField label={words.text("invoices.search")} value={sought} onInput={setSought} type="search" />
          <Choice label={words.text("kind")} value={kind} choices={[["invoices", words.code("invoices")], ["credit-notes", words.code("credit-notes")]]} onChange={setKind} />
          <Choice label={words.text("status")} value={status} choices={STATUSES.map((code) => [code, code ? words.code(code) : words.text("all")])} onChange={setStatus} />
        </div>
        <Show of={listed}>
          {() => (
            <>
              {sought.trim() && listed.hasMore && (
                <p class="body soft">
                  {words.text("search.partial", { number: listed.data?.length ?? 0 })}{" "}
                  <Link to={props.to("invoices", sought.trim())}>{words.text("search.open", { name: sought.trim() })}</Link>
                </p>
              )}
              <Table
                label={words.code(kind)}
                rows={rows}
                empty={words.text("invoices.empty")}
                rowKey={(row) => row.invoice}
                columns={[
                  { name: words.text("number"), isHead: true, cell: open },
                  { name: words.text("customer"), cell: (row) => <Link to={props.to("customers", row.account.split("~")[0])}>{row.account}</Link> },
                  { name: words.text("status"), cell: (row) => <Mark code={row.status} /> },
                  { name: words.text("sent"), cell: (row) => words.code(`sent.${row.sent}`), hideNarrow: true },
                  { name: words.text("net"), isNumber: true, cell: (row) => money(row.net, row), hideNarrow: true },
                  { name: words.text("tax"), isNumber: true, cell: (row) => money(row.tax, row), hideNarrow: true },
                  { name: words.text("total"), isNumber: true, cell: (row) => money(row.gross, row) },
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

export function InvoicePage(props: PageProps) {
  const words = useWords();
  const isCredit = /-CN-/.test(props.thing) || props.thing.includes("~");
  const path = `/v1/${isCredit ? "credit-notes" : "invoices"}/${encodeURIComponent(props.thing)}`;
  const shown = useRead<ShownInvoice>(path);
  const invoice = shown.data?.invoice;
  return (
    <>
      <PageHead title={shown.data?.released.number ?? props.thing} back={{ to: props.to("invoices"), text: words.text("page.invoices") }}>
        {shown.data && <Mark code={shown.data.status} />}
        <a class="button" href={`${path}/pdf`} download>{words.text("invoice.pdf")}</a>
      </PageHead>
      <Show of={shown} missing={words.text("invoice.missing")}>
        {(known) => (
          <>
            <dl class="figures">
              <Figure name={words.text("total")} under={`${words.text("net")} ${words.money(known.invoice.totals.net)}`}><Amount of={known.invoice.totals.gross} /></Figure>
              <Figure name={words.text("customer")} small under={<Link to={props.to("customers", known.invoice.buyer.id)}>{known.invoice.buyer.id}</Link>}>{known.invoice.buyer.name}</Figure>
              <Figure name={words.text("invoice.issued")} small under={words.text("invoice.due", { day: words.day(known.invoice.due_date) })}>{words.day(known.invoice.issue_date)}</Figure>
              <Figure name={words.text("invoice.events")} under={words.text("invoice.excluded", { number: words.number(known.invoice.events.excluded) })}>{words.number(known.invoice.events.billed)}</Figure>
            </dl>
            {known.delivery_problems.map((problem) => (
              <p class="notice warn" key={problem.reason}>{words.text("invoice.mail", { kind: words.code(problem.kind) })}: <span lang="en">{problem.reason}</span></p>
            ))}
            <div class="columns">
              <div>
                <Sheet title={words.text("invoice.lines")} padded={false} aside={words.text("invoice.lines.aside")}>
                  <InvoiceLines lines={known.invoice.lines} currency={known.invoice.currency} />
                  <TaxSummary invoice={known.invoice} />
                </Sheet>
                {!isCredit && <Events document={props.thing} />}
              </div>
              <div>
                <Payments account={known.invoice.buyer.id} number={known.released.number} {...props} />
                <ProofSheet path={path} digest={known.released.document.digest} run={known.released.run} />
                {!isCredit && <DisputeForm invoice={known} />}
                {!isCredit && <CreditForm invoice={known} {...props} />}
              </div>
            </div>
          </>
        )}
      </Show>
      {invoice?.notes.map((note) => <p class="soft" key={note} lang="en">{note}</p>)}
    </>
  );
}

function Payments(props: PageProps & { account: string; number: string }) {
  const words = useWords();
  const statement = useRead<AccountStatement>(`/v1/accounts/${encodeURIComponent(props.account)}/statement`);
  return (
    <Sheet title={words.text("invoice.payments")}>
      <Show of={statement}>
        {({ currencies }) => {
          const document = currencies.flatMap((one) => one.documents).find((one) => one.number === props.number);
          const receipts = currencies.flatMap((one) => one.receipts).filter((one) => one.pays.some((paid) => paid.number === props.number));
          if (!document) return <p class="soft">{words.text("invoice.no_payments")}</p>;
          return (
            <>
              <dl class="facts">
                <dt>{words.text("total")}</dt><dd><Amount of={document.gross} /></dd>
                <dt>{words.text("paid")}</dt><dd><Amount of={document.paid} /></dd>
                <dt>{words.text("credited")}</dt><dd><Amount of={document.credited} /></dd>
                <dt>{words.text("given_up")}</dt><dd><Amount of={document.given_up} /></dd>
                <dt>{words.text("open")}</dt><dd><b><Amount of={document.open} /></b></dd>
                <dt>{words.text("disputed")}</dt><dd><Amount of={document.disputed} /></dd>
              </dl>
              {receipts.map((receipt) => (
                <p key={receipt.receipt}>
                  <Link to={props.to("cash", receipt.receipt)}>{words.day(receipt.booked_on)}</Link>, <Amount of={receipt.pays.find((paid) => paid.number === props.number)?.amount} />
                </p>
              ))}
            </>
          );
        }}
      </Show>
    </Sheet>
  );
}

function ProofSheet(props: { path: string; digest: string; run: string }) {
  const words = useWords();
  const [proof, setProof] = useState<Proof>();
  const { act, isBusy, result } = useAction();
  const prove = () =>
    act(async () => {
      setProof(await get<Proof>(`${props.path}/proof`));
      return "";
    });
  return (
    <Sheet title={words.text("proof")}>
      <p class="soft">{words.text("proof.lead")}</p>
      <div class="buttons">
        <button type="button" onClick={() => void prove()} disabled={isBusy}>{words.text(isBusy ? "proof.running" : "proof.run")}</button>
      </div>
      {proof && (
        <div class={`notice ${proof.holds ? "good" : "bad"}`} role="status">
          <b>{words.text(proof.holds ? "proof.holds" : "proof.fails")}</b>{" "}
          {Object.entries(proof.proof.checked).filter(([, number]) => number > 0).map(([name, number]) => `${words.number(number)} ${words.code(`checked.${name}`)}`).join(", ")}
          {proof.proof.differences.map((difference) => (
            <div key={`${difference.kind} ${difference.where}`}>
              {words.code(difference.kind)}: <span lang="en">{difference.where}: {difference.stated} / {difference.proved}</span>
            </div>
          ))}
        </div>
      )}
      {result}
      <dl class="facts">
        <dt>{words.text("run")}</dt><dd class="mono">{props.run}</dd>
        <dt>SHA-256</dt><dd class="mono">{props.digest}</dd>
      </dl>
    </Sheet>
  );
}

function Events({ document }: { document: string }) {
  const words = useWords();
  const [isOpen, setOpen] = useState(false);
  const events = useList<UsageEvent>(isOpen ? `/v1/invoices/${encodeURIComponent(document)}/events?limit=50` : null);
  return (
    <Sheet title={words.text("events")} padded={!isOpen} aside={events.data && words.text("rows", { number: events.data.length })}>
      {isOpen ? (
        <Show of={events}>
          {(rows) => (
            <>
              <Table
                label={words.text("events")}
                rows={rows}
                empty={words.text("events.empty")}
                rowKey={(event) => `${event.source} ${event.id} ${event.verdict}`}
                columns={[
                  { name: words.text("time"), cell: (event) => <span class="mono">{event.time.replace("T", " ").replace(/\.0+Z$/, "Z")}</span> },
                  { name: "Id", isHead: true, cell: (event) => <span class="mono">{event.id}</span> },
                  { name: words.text("kind"), cell: (event) => event.type, hideNarrow: true },
                  { name: words.text("source"), cell: (event) => event.source, hideNarrow: true },
                  { name: words.text("status"), cell: (event) => <Mark code={event.verdict} /> },
                ]}
              />
              <More of={events} />
            </>
          )}
        </Show>
      ) : (
        <div class="buttons">
          <button type="button" onClick={() => setOpen(true)}>{words.text("events.show")}</button>
        </div>
      )}
    </Sheet>
  );
}

const CAUSES = ["price", "quantity", "tax", "terms", "duplicate", "not_ordered", "service"];

function DisputeForm({ invoice }: { invoice: ShownInvoice }) {
  const words = useWords();
  const [cause, setCause] = useState("price");
  const [line, setLine] = useState("");
  const [amount, setAmount] = useState("");
  const [deadline, setDeadline] = useState("");
  const [reason, setReason] = useState("");
  const { act, isBusy, result } = useAction();
  const send = () =>
    act(async () => {
      const chosen = invoice.invoice.lines.find((one) => one.priced.id === line);
      const of = chosen ? { line, contract: chosen.priced.explanation.contract, ...(amount ? { amount: words.typed(amount) } : {}) } : {};
      const answer = await post<{ dispute: number }>("/v1/disputes", { invoice: invoice.released.invoice, ...of, cause, owner: "billing", deadline, reason });
      return words.text("dispute.noted", { number: answer.dispute });
    });
  return (
    <Sheet title={words.text("dispute.new")}>
      <details>
        <summary>{words.text("dispute.new.open")}</summary>
        <form onSubmit={(event) => { event.preventDefault(); void send(); }}>
          <div class="fields">
            <Choice label={words.text("dispute.line")} value={line} onChange={setLine} choices={[["", words.text("dispute.whole")], ...invoice.invoice.lines.map((one): [string, string] => [one.priced.id, `${one.priced.description} ${words.money(one.amounts.net)}`])]} />
            {line && <TextField label={words.text("dispute.net")} value={amount} onInput={setAmount} inputMode="decimal" />}
            <Choice label={words.text("dispute.cause")} value={cause} onChange={setCause} choices={CAUSES.map((code) => [code, words.code(code)])} />
            <TextField label={words.text("dispute.deadline")} value={deadline} onInput={setDeadline} type="date" required />
          </div>
          <TextField label={words.text("reason")} value={reason} onInput={setReason} long required />
          <div class="buttons"><button class="main" type="submit" disabled={isBusy}>{words.text("dispute.send")}</button></div>
          {result}
        </form>
      </details>
    </Sheet>
  );
}

const REASONS = ["billing_error", "service_level", "goodwill", "cancellation", "duplicate", "uncollectible"];

function CreditForm({ invoice, ...props }: PageProps & { invoice: ShownInvoice }) {
  const words = useWords();
  const [reason, setReason] = useState("billing_error");
  const [note, setNote] = useState("");
  const [request] = useState(() => `console-${crypto.randomUUID().slice(0, 13)}`);
  const { act, isBusy, result } = useAction();
  const [exception, setException] = useState("");
  const send = () =>
    act(async () => {
      const asked = await post<{ exception: string }>("/v1/credit-notes", { id: request, invoice: invoice.released.invoice, reason, note });
      setException(asked.exception);
      return words.text("credit.asked");
    });
  return (
    <Sheet title={words.text("credit.new")}>
      <details>
        <summary>{words.text("credit.new.open")}</summary>
        <form onSubmit={(event) => { event.preventDefault(); void send(); }}>
          <Choice label={words.text("credit.reason")} value={reason} onChange={setReason} choices={REASONS.map((code) => [code, words.code(code)])} />
          <TextField label={words.text("credit.note")} value={note} onInput={setNote} required />
          <div class="buttons"><button class="main" type="submit" disabled={isBusy}>{words.text("credit.send")}</button></div>
          {result}
          {exception && <Link to={props.to("work", exception)}>{exception}</Link>}
        </form>
      </details>
    </Sheet>
  );
}
