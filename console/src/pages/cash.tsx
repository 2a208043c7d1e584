import { useState } from "preact/hooks";

import { url, useList, useRead } from "../api";
import type { PageProps } from "../main";
import { Amount, Choice, Equations, Link, Mark, More, PageHead, Sheet, Show, Table } from "../parts";
import type { Ageing, Balanced, Receipt } from "../types";
import { useWords } from "../words";

export function CashPage(props: PageProps) {
  const words = useWords();
  const [shown, setShown] = useState("waiting");
  const entity = encodeURIComponent(props.entity.id);
  const receipts = useList<Receipt>(url("/v1/receipts", { legal_entity: props.entity.id, waiting: shown === "waiting", limit: "200" }));
  const cash = useRead<Balanced>(`/v1/cash/${entity}`);
  const ageing = useRead<Ageing>(`/v1/ageing/${entity}`);
  return (
    <>
      <PageHead title={words.text("page.cash")} lead={words.text("cash.lead", { entity: props.entity.name })} />
      <Sheet title={words.text("cash.receipts")} padded={false} aside={receipts.data && words.text("rows", { number: receipts.data.length })}>
        <div class="body fields">
          <Choice label={words.text("show")} value={shown} choices={[["waiting", words.text("cash.waiting")], ["all", words.text("cash.all")]]} onChange={setShown} />
        </div>
        <Show of={receipts}>
          {(rows) => (
            <>
              <Table
                label={words.text("cash.receipts")}
                rows={rows}
                empty={words.text("cash.empty")}
                rowKey={(row) => row.id}
                columns={[
                  { name: words.text("cash.payer"), isHead: true, cell: (row) => <Link to={props.to("cash", row.id)}>{row.receipt.payer.name ?? row.receipt.payer.account ?? row.receipt.reference}</Link> },
                  { name: words.text("cash.booked"), cell: (row) => <span class="nowrap">{words.day(row.receipt.booked_on)}</span> },
                  { name: words.text("customer"), cell: (row) => row.account ?? (row.proposed ? `${row.proposed}?` : "–") },
                  { name: words.text("cash.text"), cell: (row) => <span class="soft">{row.receipt.remittance || row.receipt.structured || "–"}</span>, hideNarrow: true },
                  { name: words.text("amount"), isNumber: true, cell: (row) => <Amount of={row.receipt.amount} /> },
                  { name: words.text("cash.unapplied"), isNumber: true, cell: (row) => <Amount of={row.unapplied} />, hideNarrow: true },
                  { name: words.text("status"), cell: (row) => <Mark code={row.status} /> },
                ]}
              />
              <More of={receipts} />
            </>
          )}
        </Show>
      </Sheet>
      <Sheet title={words.text("month.cash")} padded={false} aside={words.text("month.cash.aside")}>
            <Show of={cash}>{(known) => <Equations of={known.statement.equations} />}</Show>
      </Sheet>
      <Sheet title={words.text("cash.ageing")} padded={false} aside={ageing.data && words.day(ageing.data.on)}>
            <Show of={ageing}>{(known) => <AgeingTable of={known} {...props} />}</Show>
      </Sheet>
    </>
  );
}

function AgeingTable(props: PageProps & { of: Ageing }) {
  const words = useWords();
  const rows = props.of.customers.flatMap((customer) => customer.balances.map((balance) => ({ account: customer.account, balance })));
  const buckets = Object.keys(props.of.totals[0]?.buckets ?? {});
  return (
    <Table
      label={words.text("cash.ageing")}
      rows={rows}
      empty={words.text("cash.nothing_open")}
      rowKey={(row) => `${row.account} ${row.balance.currency}`}
      columns={[
        { name: words.text("customer"), isHead: true, cell: (row) => (row.account ? <Link to={props.to("customers", row.account)}>{row.account}</Link> : words.text("cash.nobody")) },
        { name: words.text("open"), isNumber: true, cell: (row) => <b><Amount of={row.balance.open} /></b> },
        ...buckets.map((bucket) => ({ name: words.code(`age.${bucket}`), isNumber: true, cell: (row: (typeof rows)[number]) => <Amount quiet of={row.balance.buckets[bucket]} />, hideNarrow: bucket !== "current" })),
        { name: words.text("disputed"), isNumber: true, cell: (row) => <Amount quiet of={row.balance.disputed} />, hideNarrow: true },
      ]}
    />
  );
}
