import { Fragment } from "preact";
import { useMemo, useState } from "preact/hooks";

import { url, useList, useRead } from "../api";
import type { PageProps } from "../main";
import { Amount, Figure, Link, Mark, More, PageHead, Sheet, Show, Table, TextField } from "../parts";
import type { Money } from "../amounts";
import type { AccountRow, AccountStatement, Finding } from "../types";
import { useWords } from "../words";
import { WhatIf } from "./whatif";
import { Findings, History } from "./work";

export function CustomersPage(props: PageProps) {
  const words = useWords();
  const [sought, setSought] = useState("");
  const accounts = useList<AccountRow>(url("/v1/accounts", { legal_entity: props.entity.id, limit: "200" }));
  const rows = useMemo(() => {
    const wanted = sought.trim().toLowerCase();
    return (accounts.data ?? []).filter((row) => `${row.account} ${row.name}`.toLowerCase().includes(wanted)).sort((one, other) => one.name.localeCompare(other.name));
  }, [accounts.data, sought]);
  return (
    <>
      <PageHead title={words.text("page.customers")} lead={words.text("customers.lead", { entity: props.entity.name })} />
      <Sheet title={words.text("page.customers")} padded={false} aside={accounts.data && words.text("rows", { number: rows.length })}>
        <div class="body fields"><TextField label={words.text("customers.search")} value={sought} onInput={setSought} type="search" /></div>
        <Show of={accounts}>
          {() => (
            <>
              {sought.trim() && accounts.hasMore && (
                <p class="body soft">
                  {words.text("search.partial", { number: accounts.data?.length ?? 0 })}{" "}
                  <Link to={props.to("customers", sought.trim())}>{words.text("search.open", { name: sought.trim() })}</Link>
                </p>
              )}
              <Table
                label={words.text("page.customers")}
                rows={rows}
                empty={words.text("customers.empty")}
                rowKey={(row) => row.account}
                columns={[
                  { name: words.text("customer"), isHead: true, cell: (row) => <Link to={props.to("customers", row.account)}>{row.name}</Link> },
                  { name: "Id", cell: (row) => row.account },
                  { name: words.text("customers.country"), cell: (row) => row.country },
                  { name: words.text("customers.currency"), cell: (row) => row.currency ?? "–" },
                ]}
              />
              <More of={accounts} />
            </>
          )}
        </Show>
      </Sheet>
    </>
  );
}

export interface Contracts {
  versions: {
    contract: string;
    version: number;
    effective: { start: string; end: string | null };
    signed_by: string;
    changes: { path: string; before: string | null; after: string | null }[];
  }[];
}

export function CustomerPage(props: PageProps) {
  const words = useWords();
  const account = encodeURIComponent(props.thing);
  const statement = useRead<AccountStatement>(`/v1/accounts/${account}/statement`);
  const contracts = useRead<Contracts>(`/v1/accounts/${account}/contracts`);
  return (
    <>
      <PageHead title={statement.data?.name ?? props.thing} back={{ to: props.to("customers"), text: words.text("page.customers") }} />
      <Show of={statement} missing={words.text("customers.missing")}>
        {({ currencies, on }) => (
          <>
            {currencies.map((one) => (
              <dl class="figures" key={one.currency}>
                <Figure name={words.text("customers.to_pay")} under={words.day(on)}><Amount of={one.to_pay} /></Figure>
                <Figure name={words.text("open")}><Amount of={one.aged.open} /></Figure>
                <Figure name={words.text("disputed")}><Amount of={one.aged.disputed} /></Figure>
                <Figure name={words.text("cash.unapplied")}><Amount of={one.aged.unapplied} /></Figure>
                <Figure name={words.text("customers.balance")}><Amount of={one.balance} /></Figure>
              </dl>
            ))}
                <Sheet title={words.text("customers.statement")} padded={false}>
                  <Table
                    label={words.text("customers.statement")}
                    rows={currencies.flatMap((one) => one.documents)}
                    empty={words.text("invoices.empty")}
                    rowKey={(row) => row.number}
                    columns={[
                      { name: words.text("number"), isHead: true, cell: (row) => <Link class="nowrap" to={props.to("invoices", row.number)}>{row.number}</Link> },
                      { name: words.text("customers.due"), cell: (row) => <span class="nowrap">{words.day(row.due)}</span>, hideNarrow: true },
                      { name: words.text("total"), isNumber: true, cell: (row) => <Amount of={row.gross} />, hideNarrow: true },
                      { name: words.text("paid"), isNumber: true, cell: (row) => <Amount quiet of={row.paid} />, hideNarrow: true },
                      { name: words.text("open"), isNumber: true, cell: (row) => <b><Amount of={row.open} /></b> },
                      { name: words.text("customers.overdue"), cell: (row) => (row.days_overdue > 0 ? <Mark code="overdue" text={words.text("days", { number: row.days_overdue })} /> : "–") },
                    ]}
                  />
                </Sheet>
            <div class="columns">
              <div>
                <Sheet title={words.text("cash.receipts")} padded={false}>
                  <Table
                    label={words.text("cash.receipts")}
                    rows={currencies.flatMap((one) => one.receipts)}
                    empty={words.text("customers.no_receipts")}
                    rowKey={(row) => row.receipt}
                    columns={[
                      { name: words.text("cash.booked"), isHead: true, cell: (row) => <Link to={props.to("cash", row.receipt)}>{words.day(row.booked_on)}</Link> },
                      { name: words.text("receipt.paid_for"), cell: (row) => row.pays.map((paid) => paid.number).join(", ") || "–" },
                      { name: words.text("amount"), isNumber: true, cell: (row) => <Amount of={row.amount} /> },
                    ]}
                  />
                </Sheet>
              </div>
              <div>
                <History account={props.thing} {...props} draft={undefined} />
                <Sheet title={words.text("customers.contracts")}>
                  <Show of={contracts}>{(known) => <ContractLine of={known} />}</Show>
                </Sheet>
                <Usage account={props.thing} month={props.month} />
              </div>
            </div>
            {contracts.data && <WhatIf key={props.thing} contracts={[...new Set(contracts.data.versions.map((one) => one.contract))]} {...props} />}
          </>
        )}
      </Show>
    </>
  );
}

export function ContractLine({ of }: { of: Contracts }) {
  const words = useWords();
  return (
    <ol class="timeline">
      {of.versions.map((version) => (
        <li key={`${version.contract} ${version.version}`}>
          <b>{version.contract}</b> {words.text("customers.version", { number: version.version })}{" "}
          <span class="soft">
            {words.text("customers.effective", { start: words.day(version.effective.start) })}
            {version.effective.end && ` – ${words.day(version.effective.end)}`}
          </span>
          <div class="soft">{version.signed_by}</div>
          {version.changes.map((change) => (
            <div class="mono" key={change.path}>{change.path}: {change.before ?? "–"} → {change.after ?? "–"}</div>
          ))}
        </li>
      ))}
      {!of.versions.length && <li>{words.text("customers.no_contracts")}</li>}
    </ol>
  );
}

interface Running {
  at: string;
  quantities: { meter: string; dimension?: Record<string, string>; quantity: string }[];
  net: Money | null;
  gross: Money | null;
  findings: Finding[];
}

function Usage(props: { account: string; month: string }) {
  const words = useWords();
  const [isOpen, setOpen] = useState(false);
  const usage = useRead<Running>(isOpen ? url(`/v1/accounts/${encodeURIComponent(props.account)}/usage`, { period: props.month }) : null);
  return (
    <Sheet title={words.text("customers.usage", { month: words.month(props.month) })} aside={usage.data && <Amount of={usage.data.gross} />}>
      {isOpen ? (
        <Show of={usage}>
          {(known) => (
            <>
              <dl class="facts">
                {known.quantities.map((one, index) => (
                  <Fragment key={index}>
                    <dt>{[one.meter, ...Object.values(one.dimension ?? {})].join(" ")}</dt>
                    <dd>{words.number(one.quantity)}</dd>
                  </Fragment>
                ))}
              </dl>
              {!known.quantities.length && <p class="soft">{words.text("nothing")}</p>}
              {known.findings.length > 0 && <Findings of={known.findings} />}
            </>
          )}
        </Show>
      ) : (
        <div class="buttons"><button type="button" onClick={() => setOpen(true)}>{words.text("customers.usage.show")}</button></div>
      )}
    </Sheet>
  );
}
