import { useState } from "preact/hooks";

import { post, url, useList } from "../api";
import type { PageProps } from "../main";
import { Amount, Choice, Empty, Link, Mark, More, PageHead, Sheet, Show, TextField, useAction } from "../parts";
import type { Dispute } from "../types";
import { useWords } from "../words";

export function DisputesPage(props: PageProps) {
  const words = useWords();
  const [shown, setShown] = useState("waiting");
  const disputes = useList<Dispute>(url("/v1/disputes", { legal_entity: props.entity.id, all: shown === "all", limit: "200" }));
  return (
    <>
      <PageHead title={words.text("page.disputes")} lead={words.text("disputes.lead")}>
        <Choice label={words.text("show")} value={shown} choices={[["waiting", words.text("disputes.waiting")], ["all", words.text("disputes.all")]]} onChange={setShown} />
      </PageHead>
      <Show of={disputes}>
        {(rows) => (
          <>
            {!rows.length && <section class="sheet"><Empty>{words.text("disputes.empty")}</Empty></section>}
            {rows.map((dispute) => <One key={`${dispute.account} ${dispute.opened.ordinal}`} dispute={dispute} {...props} reload={disputes.reload} />)}
            <More of={disputes} />
          </>
        )}
      </Show>
    </>
  );
}

function One({ dispute, ...props }: PageProps & { dispute: Dispute; reload: () => void }) {
  const words = useWords();
  const { opened } = dispute;
  return (
    <Sheet title={`${dispute.account}, ${opened.number}`} aside={<Mark code={dispute.status} />}>
      <div class="columns">
        <dl class="facts">
          <dt>{words.text("disputed")}</dt><dd><b><Amount of={opened.amount} /></b></dd>
          <dt>{words.text("dispute.cause")}</dt><dd>{words.code(opened.cause)}</dd>
          <dt>{words.text("dispute.line")}</dt><dd>{opened.evidence.line ?? words.text("dispute.whole")}</dd>
          <dt>{words.text("reason")}</dt><dd>{opened.reason}</dd>
          <dt>{words.text("dispute.deadline")}</dt><dd>{words.day(opened.deadline)}</dd>
          <dt>{words.text("dispute.opened_by")}</dt><dd>{opened.opened_by}, {words.day(opened.opened_on)}</dd>
          <dt>{words.text("evidence")}</dt><dd><Link to={props.to("invoices", opened.number)}>{words.text("dispute.look")}</Link></dd>
        </dl>
        <div>
          {dispute.decisions.length > 0 && (
            <ol class="timeline">
              {dispute.decisions.map((decision) => (
                <li key={decision.ordinal}>
                  <b>{words.code(decision.verdict)}</b> <Amount of={decision.amount} /> <span class="soft">{words.day(decision.day)}</span>
                  <div>{decision.decided_by}: {decision.reason}</div>
                  {decision.credit && <Link to={props.to("work")}>{words.text("dispute.credit", { credit: decision.credit })}</Link>}
                </li>
              ))}
            </ol>
          )}
          {dispute.status === "open" && <Answer dispute={dispute} {...props} />}
        </div>
      </div>
    </Sheet>
  );
}

function Answer({ dispute, ...props }: PageProps & { dispute: Dispute; reload: () => void }) {
  const words = useWords();
  const [verdict, setVerdict] = useState("");
  const [amount, setAmount] = useState("");
  const [reason, setReason] = useState("");
  const { act, isBusy, result } = useAction();
  const verdicts = ["upheld", ...(dispute.opened.evidence.line ? ["partial"] : []), "rejected"];
  const send = () =>
    act(async () => {
      const path = `/v1/accounts/${encodeURIComponent(dispute.account)}/disputes/${dispute.opened.ordinal}/decisions`;
      await post(path, { legal_entity: props.entity.id, verdict, reason, ...(verdict === "partial" ? { amount: words.typed(amount) } : {}) });
      props.reload();
      return words.text("dispute.answered");
    });
  return (
    <form onSubmit={(event) => { event.preventDefault(); void send(); }}>
      <div class="fields">
        <Choice label={words.text("dispute.answer")} value={verdict} choices={[["", words.text("dispute.choose")], ...verdicts.map((code): [string, string] => [code, words.code(`verdict.${code}`)])]} onChange={setVerdict} required />
        {verdict === "partial" && <TextField label={words.text("dispute.net")} value={amount} onInput={setAmount} inputMode="decimal" required />}
      </div>
      <TextField label={words.text("reason")} value={reason} onInput={setReason} long required />
      <div class="buttons"><button class="main" type="submit" disabled={isBusy}>{words.text("dispute.answer.send")}</button></div>
      {result}
    </form>
  );
}
