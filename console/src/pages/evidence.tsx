import { useState } from "preact/hooks";

import { all, get, url, useRead, type Problem } from "../api";
import type { PageProps } from "../main";
import { Link, Mark, PageHead, Sheet, Show, Table, useAction } from "../parts";
import type { Exception, InvoiceRow, Month, Proof } from "../types";
import { useWords } from "../words";
import { monthPath, reconciliationPath } from "./month";
import { TrailSheet, type Trail } from "./trail";

/** More documents are proved by the command, which takes several processes. */
const MOST_PROVED = 300;

interface Proved {
  document: string;
  number: string;
  kind: "invoices" | "credit-notes";
  proof: Proof | null;
  problem: string;
}

/** Read something that may not be there yet. */
async function orNothing<T>(path: string): Promise<T | null> {
  try {
    return await get<T>(path);
  } catch (error) {
    if ((error as Problem).status === 404) return null;
    throw error;
  }
}

/** What an auditor is handed of a month: who decided what, every document proved, and the statements as one file. */
export function EvidencePage(props: PageProps) {
  const words = useWords();
  const [proved, setProved] = useState<Proved[]>([]);
  const [trail, setTrail] = useState<Trail | null>(null);
  const { act, isBusy, result } = useAction();
  const saving = useAction();
  const query = { legal_entity: props.entity.id, period: props.month };
  const decisions = useRead<{ items: Exception[] }>(url("/v1/exceptions", { ...query, all: true, limit: "1000" }));
  const listed = (kind: Proved["kind"]) => all<InvoiceRow>(url(`/v1/${kind}`, query));
  const prove = () =>
    act(async () => {
      setProved([]);
      const documents = [
        ...(await listed("invoices")).map((row) => ({ row, kind: "invoices" as const })),
        ...(await listed("credit-notes")).map((row) => ({ row, kind: "credit-notes" as const })),
      ].filter(({ row }) => row.number !== null);
      if (documents.length > MOST_PROVED) return words.text("evidence.too_many", { number: documents.length });
      for (const { row, kind } of documents) {
        let proof: Proof | null = null;
        let problem = "";
        try {
          proof = await get<Proof>(`/v1/${kind}/${encodeURIComponent(row.number!)}/proof`);
        } catch (error) {
          problem = (error as Problem).message;
        }
        const one = { document: row.invoice, number: row.number!, kind, proof, problem };
        setProved((known) => [...known, one]);
      }
      return words.text("evidence.proved", { number: documents.length });
    });
  const save = () =>
    saving.act(async () => {
      const month = await get<Month>(monthPath(props.entity.id, props.month));
      const run = month.runs[month.runs.length - 1];
      const evidence = {
        legal_entity: props.entity.id,
        period: props.month,
        read_as: props.entity.acts_as,
        month,
        balance: run && month.is_closed ? await orNothing(`/v1/runs/${encodeURIComponent(run)}/balance`) : null,
        cash: await get(`/v1/cash/${encodeURIComponent(props.entity.id)}`),
        reconciliation: await orNothing(reconciliationPath(props.entity.id, props.month)),
        decisions: await all<Exception>(url("/v1/exceptions", { ...query, all: true })),
        policies: await all(`/v1/policies/${encodeURIComponent(props.entity.id)}/versions`),
        invoices: await listed("invoices"),
        credit_notes: await listed("credit-notes"),
        proofs: proved,
        audit_trail: trail,
      };
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([JSON.stringify(evidence, null, 1)], { type: "application/json" }));
      link.download = `${props.entity.id}-${props.month}-evidence.json`;
      link.click();
      URL.revokeObjectURL(link.href);
      return words.text("evidence.saved");
    });
  const failing = proved.filter((one) => !one.proof?.holds);
  return (
    <>
      <PageHead title={words.text("page.evidence")} lead={words.text("evidence.lead", { month: words.month(props.month) })}>
        <button type="button" onClick={() => void save()} disabled={saving.isBusy || isBusy}>{words.text("evidence.save")}</button>
      </PageHead>
      {saving.result}
      <Sheet title={words.text("evidence.proofs")} aside={proved.length > 0 && words.text("evidence.so_far", { number: proved.length, failing: failing.length })}>
        <p class="soft">{words.text("proof.lead")}</p>
        <div class="buttons">
          <button class="main" type="button" onClick={() => void prove()} disabled={isBusy}>{words.text(isBusy ? "proof.running" : "evidence.prove")}</button>
        </div>
        {result}
        {proved.length > 0 && (
          <Table
            label={words.text("evidence.proofs")}
            rows={[...failing, ...proved.filter((one) => one.proof?.holds)]}
            rowKey={(one) => one.document}
            columns={[
              { name: words.text("number"), isHead: true, cell: (one) => <Link class="nowrap" to={props.to("invoices", one.number)}>{one.number}</Link> },
              { name: words.text("proof"), cell: (one) => <Mark code={one.proof?.holds ? "posted" : "held"} text={words.text(one.proof?.holds ? "proof.holds" : "proof.fails")} /> },
              { name: words.text("events"), isNumber: true, cell: (one) => words.number(one.proof?.proof.checked["events"] ?? 0) },
              { name: words.text("why"), cell: (one) => <span lang="en">{one.problem || one.proof?.proof.differences.map((known) => `${known.kind} ${known.where}`).join(", ")}</span> },
            ]}
          />
        )}
      </Sheet>
      <TrailSheet key={`${props.entity.id} ${props.month}`} entity={props.entity} month={props.month} onResult={setTrail} />
      <Sheet title={words.text("evidence.decisions")} padded={false}>
        <Show of={decisions}>
          {({ items }) => (
            <Table
              label={words.text("evidence.decisions")}
              rows={items}
              empty={words.text("evidence.no_decisions")}
              rowKey={(one) => one.opened.id}
              columns={[
                { name: words.text("work.exceptions"), isHead: true, cell: (one) => <Link to={props.to("work", one.opened.id)}>{one.opened.subject.startsWith("_") ? words.code(one.opened.kind) : one.opened.subject}</Link> },
                { name: words.text("status"), cell: (one) => <Mark code={one.status} /> },
                { name: words.text("evidence.by"), cell: (one) => one.decision?.decided_by ?? "–" },
                { name: words.text("evidence.at"), cell: (one) => (one.decision ? words.instant(one.decision.decided_at) : "–") },
                { name: words.text("page.policy"), isNumber: true, cell: (one) => one.decision?.policy_version ?? "–", hideNarrow: true },
                { name: words.text("reason"), cell: (one) => one.decision?.reason ?? "–" },
              ]}
            />
          )}
        </Show>
      </Sheet>
    </>
  );
}
