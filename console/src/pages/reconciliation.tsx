import { useRead } from "../api";
import type { PageProps } from "../main";
import { Amount, Figure, Link, Mark, PageHead, Sheet, Show, Table } from "../parts";
import type { Reconciliation, Variance } from "../types";
import { useWords } from "../words";
import { reconciliationPath } from "./month";

export function ReconciliationPage(props: PageProps) {
  const words = useWords();
  const report = useRead<Reconciliation>(reconciliationPath(props.entity.id, props.month));
  return (
    <>
      <PageHead title={words.text("page.reconciliation")} lead={words.text("reconciliation.lead", { month: words.month(props.month) })}>
        {report.data?.reconciled_at && <span class="soft">{words.instant(report.data.reconciled_at)}</span>}
      </PageHead>
      <Show of={report} missing={words.text("reconciliation.missing")}>
        {(known) => (
          <>
            <dl class="figures">
              <Figure name={words.text("reconciliation.invoiced")} under={words.text("reconciliation.invoices", { number: known.invoices })}><Amount of={known.invoiced.gross} /></Figure>
              <Figure name={words.text("reconciliation.posted")} under={words.text("reconciliation.postings", { number: known.postings })}><Amount of={known.posted_receivable} /></Figure>
              <Figure name={words.text("reconciliation.differences")}>{known.variances.length}</Figure>
              <Figure name={words.text("reconciliation.unsettled")}>{known.unsettled?.length ?? 0}</Figure>
            </dl>
            <Sheet title={words.text("reconciliation.differences")} padded={false}>
              <Variances of={known.variances} empty={words.text("reconciliation.equal")} {...props} />
            </Sheet>
            <Sheet title={words.text("reconciliation.unsettled")} padded={false}>
              <Variances of={known.unsettled ?? []} empty={words.text("reconciliation.settled")} {...props} />
            </Sheet>
          </>
        )}
      </Show>
    </>
  );
}

function Variances(props: PageProps & { of: Variance[]; empty: string }) {
  const words = useWords();
  const about = (one: Variance) => {
    if (one.external_reference.startsWith("R")) return <Link to={props.to("cash", one.external_reference)}>{words.text("cash.receipt")}</Link>;
    if (one.external_reference) return <Link class="nowrap" to={props.to("invoices", one.external_reference)}>{one.external_reference}</Link>;
    return <Link to={props.to("work")}>{one.billing_account || one.invoice || one.id}</Link>;
  };
  return (
    <Table
      label={words.text("reconciliation.differences")}
      rows={props.of}
      empty={props.empty}
      rowKey={(one) => one.id}
      columns={[
        { name: words.text("reconciliation.about"), isHead: true, cell: about },
        { name: words.text("reconciliation.category"), cell: (one) => <Mark code="open" text={words.code(one.category)} /> },
        { name: words.text("customer"), cell: (one) => one.billing_account || "–", hideNarrow: true },
        { name: words.text("reconciliation.expected"), isNumber: true, cell: (one) => <Amount of={one.invoiced} />, hideNarrow: true },
        { name: words.text("reconciliation.found"), isNumber: true, cell: (one) => <Amount of={one.posted} />, hideNarrow: true },
        { name: words.text("difference"), isNumber: true, cell: (one) => <b><Amount of={one.amount} /></b> },
        { name: words.text("age"), isNumber: true, cell: (one) => words.text("days", { number: one.age_days }), hideNarrow: true },
        { name: words.text("remedy"), cell: (one) => <span lang="en" class="soft">{one.remedy}</span>, hideNarrow: true },
      ]}
    />
  );
}
