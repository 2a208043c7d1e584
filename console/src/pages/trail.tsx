import { useEffect, useRef, useState } from "preact/hooks";

import { get, url } from "../api";
import { Figure, Mark, Sheet, Table, TextField, useAction } from "../parts";
import type { Entity, VerifiedDays } from "../types";
import { useWords, type Key } from "../words";

const MOST_DAYS = 62;
const DAY_MS = 86_400_000;

/** What each finding means; a kind that is not here is shown as it is. */
const KINDS: Record<string, Key> = {
  record_changed: "trail.kind.record_changed",
  record_missing: "trail.kind.record_missing",
  record_misplaced: "trail.kind.record_misplaced",
  record_not_linked: "trail.kind.record_not_linked",
  record_of_another: "trail.kind.record_of_another",
  chain_truncated: "trail.kind.chain_truncated",
  chain_rewritten: "trail.kind.chain_rewritten",
  anchor_missing: "trail.kind.anchor_missing",
  stored_otherwise: "trail.kind.stored_otherwise",
  stored_no_more: "trail.kind.stored_no_more",
  stored_again_otherwise: "trail.kind.stored_again_otherwise",
  key_of_digest_gone: "trail.kind.key_of_digest_gone",
};

/** What the answers so far add up to. */
export type Trail = VerifiedDays;

/** Add what a call says to what the calls before it said. A missing anchor is found in each chain that has the day. */
function added(sum: Trail | null, answer: VerifiedDays): Trail {
  const findings = new Map([...(sum?.findings ?? []), ...answer.findings].map((one) => [`${one.kind} ${one.where}`, one]));
  return {
    ...answer,
    records: answer.records + (sum?.records ?? 0),
    anchors: answer.anchors + (sum?.anchors ?? 0),
    facts: answer.facts + (sum?.facts ?? 0),
    objects: answer.objects + (sum?.objects ?? 0),
    unconfirmed: answer.unconfirmed + (sum?.unconfirmed ?? 0),
    not_compared: answer.not_compared + (sum?.not_compared ?? 0),
    unlisted: answer.unlisted + (sum?.unlisted ?? 0),
    findings: [...findings.values()],
    undecided: [...(sum?.undecided ?? []), ...answer.undecided],
  };
}

/** The days of a month and of the one after it, in which it is billed and paid. */
function daysAround(month: string): [string, string] {
  const [year, number] = month.split("-").map(Number) as [number, number];
  return [`${month}-01`, new Date(Date.UTC(year, number + 1, 0)).toISOString().slice(0, 10)];
}

/** Verify the audit chains of some days: each call looks at a part, and the next one goes on where it ended. */
export function TrailSheet(props: { entity: Entity; month: string; onResult: (trail: Trail) => void }) {
  const words = useWords();
  const [begin, end] = daysAround(props.month);
  const [first, setFirst] = useState(begin);
  const [last, setLast] = useState(end);
  const [trail, setTrail] = useState<Trail | null>(null);
  const { act, isBusy, result } = useAction();
  const isGone = useRef(false);
  useEffect(() => () => {
    isGone.current = true;
  }, []);
  const days = (Date.parse(last) - Date.parse(first)) / DAY_MS + 1;
  const isRange = days >= 1 && days <= MOST_DAYS;
  const isBegun = trail !== null && trail.next !== null && trail.first === first && trail.last === last;
  const verify = () =>
    act(async () => {
      let sum = isBegun ? trail : null;
      setTrail(sum);
      do {
        const path = url(`/v1/audit/${encodeURIComponent(props.entity.id)}`, { first, last, cursor: sum?.next ?? undefined });
        sum = added(sum, await get<VerifiedDays>(path));
        setTrail(sum);
      } while (sum.next !== null && !isGone.current);
      props.onResult(sum);
      return "";
    });
  return (
    <Sheet title={words.text("trail.title")} aside={trail && <Progress trail={trail} />}>
      <p class="soft">{words.text("trail.lead")}</p>
      <div class="fields">
        <TextField label={words.text("metrics.first")} value={first} onInput={setFirst} type="date" max={last} />
        <TextField label={words.text("metrics.last")} value={last} onInput={setLast} type="date" min={first} />
      </div>
      {!isRange && <p class="soft">{words.text("trail.no_range", { number: MOST_DAYS })}</p>}
      <div class="buttons">
        <button class="main" type="button" onClick={() => void verify()} disabled={isBusy || !isRange}>
          {words.text(isBusy ? "trail.running" : isBegun ? "trail.go_on" : "trail.verify")}
        </button>
      </div>
      {result}
      <div aria-live="polite">{trail && <Verdict trail={trail} />}</div>
      {trail && <Result trail={trail} />}
      <p class="soft">{words.text("trail.limits")}</p>
    </Sheet>
  );
}

function Progress({ trail }: { trail: Trail }) {
  const words = useWords();
  return <>{words.text("trail.so_far", { number: Math.floor((100 * trail.done) / trail.parts) })}</>;
}

function Verdict({ trail }: { trail: Trail }) {
  const words = useWords();
  const number = trail.findings.length + trail.unlisted;
  if (trail.next !== null) return null;
  return (
    <p>
      <Mark code={number ? "held" : "posted"} text={words.text(number ? "proof.fails" : "proof.holds")} />{" "}
      {words.text(number ? "trail.fails" : trail.records ? "trail.holds" : "trail.nothing", { number })}
    </p>
  );
}

function Result({ trail }: { trail: Trail }) {
  const words = useWords();
  const number = trail.findings.length + trail.unlisted;
  const range = words.text("trail.range", { first: words.day(trail.first), last: words.day(trail.last) });
  return (
    <>
      <dl class="figures">
        <Figure name={words.text("trail.records")} small under={range}>{words.number(trail.records)}</Figure>
        <Figure name={words.text("trail.anchors")} small under={words.text("trail.anchors.under")}>{words.number(trail.anchors)}</Figure>
        <Figure name={words.text("trail.stored")} small under={words.text("trail.stored.under", { facts: trail.facts, objects: trail.objects })}>{words.number(trail.facts + trail.objects)}</Figure>
        <Figure name={words.text("trail.findings")} small>{words.number(number)}</Figure>
      </dl>
      {trail.unconfirmed > 0 && <p class="soft">{words.text("trail.unconfirmed", { number: trail.unconfirmed })}</p>}
      {trail.not_compared > 0 && <p class="soft">{words.text("trail.not_compared", { number: trail.not_compared })}</p>}
      {trail.undecided.length > 0 && (
        <details>
          <summary>{words.text("trail.undecided", { number: trail.undecided.length })}</summary>
          <ul lang="en">{trail.undecided.map((one) => <li key={one} class="anywhere">{one}</li>)}</ul>
        </details>
      )}
      {trail.findings.length > 0 && (
        <Table
          label={words.text("trail.findings")}
          rows={trail.findings}
          rowKey={(one) => `${one.kind} ${one.where}`}
          columns={[
            { name: words.text("trail.what"), isHead: true, cell: (one) => (KINDS[one.kind] ? words.text(KINDS[one.kind]!) : words.code(one.kind)) },
            { name: words.text("trail.where"), cell: (one) => <span class="anywhere" lang="en">{one.where}</span> },
            { name: words.text("why"), cell: (one) => <span lang="en">{one.message}</span>, hideNarrow: true },
          ]}
        />
      )}
      {trail.unlisted > 0 && <p class="soft">{words.text("trail.unlisted", { number: trail.unlisted })}</p>}
    </>
  );
}
