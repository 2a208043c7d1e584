import { useState } from "preact/hooks";

import { url, useRead } from "../api";
import type { PageProps } from "../main";
import { Amount, Mark, PageHead, Sheet, Show, Table, TextField } from "../parts";
import { type Words, useWords } from "../words";

interface Metric {
  metric: string;
  by: string;
  of: string;
  currency: string;
  unit: string;
  value: string | null;
  target: string | null;
  is_met: boolean | null;
}

interface Range {
  first: string;
  last: string;
  days: number;
  metrics: Metric[];
}

const DAY_MS = 86_400_000;
const DAYS = 90;
const MIDDLE = "median";

function dayBefore(days: number): string {
  return new Date(Date.now() - days * DAY_MS).toISOString().slice(0, 10);
}

/** What names a metric among those of a range. */
function keyOf(metric: Metric): string {
  return [metric.metric, metric.by, metric.of, metric.currency].join("\n");
}

/** How the process went, by months of days that are over, beside the targets of the policy. */
export function MetricsPage(props: PageProps) {
  const words = useWords();
  const [first, setFirst] = useState(dayBefore(DAYS));
  const [last, setLast] = useState(dayBefore(1));
  const [withParts, setWithParts] = useState(false);
  const isRange = first !== "" && last !== "" && first <= last;
  const path = url(`/v1/metrics/${encodeURIComponent(props.entity.id)}`, { first, last, by_month: true });
  const report = useRead<{ ranges: Range[] }>(isRange ? path : null);
  return (
    <>
      <PageHead title={words.text("page.metrics")} lead={words.text("metrics.lead")} />
      <Sheet title={words.text("page.metrics")} padded={false}>
        <div class="body fields">
          <TextField label={words.text("metrics.first")} value={first} onInput={setFirst} type="date" max={last} />
          <TextField label={words.text("metrics.last")} value={last} onInput={setLast} type="date" min={first} />
          <label class="check">
            <input type="checkbox" checked={withParts} onChange={(event) => setWithParts(event.currentTarget.checked)} /> {words.text("metrics.parts")}
          </label>
        </div>
        {isRange ? <Show of={report}>{({ ranges }) => <Figures ranges={ranges.filter((range) => range.days > 0)} withParts={withParts} />}</Show> : <p class="body soft">{words.text("metrics.no_range")}</p>}
      </Sheet>
    </>
  );
}

function Figures({ ranges, withParts }: { ranges: Range[]; withParts: boolean }) {
  const words = useWords();
  const rows = new Map<string, Metric>();
  for (const metric of ranges.flatMap((range) => range.metrics)) {
    if (withParts || !metric.by || metric.of === MIDDLE) rows.set(keyOf(metric), metric);
  }
  const newest = ranges.at(-1);
  return (
    <Table
      label={words.text("page.metrics")}
      rows={[...rows.values()]}
      empty={words.text("metrics.empty")}
      rowKey={keyOf}
      columns={[
        { name: words.text("metrics.metric"), isHead: true, cell: (row) => nameOf(row, words) },
        ...ranges.map((range) => ({
          name: words.span({ start: range.first, end: dayAfter(range.last) }),
          isNumber: true,
          hideNarrow: range !== newest,
          cell: (row: Metric) => <Value of={valueIn(range, row)} />,
        })),
        { name: words.text("metrics.target"), isNumber: true, hideNarrow: true, cell: (row) => <Value of={row.target === null ? undefined : { ...row, value: row.target }} /> },
        { name: words.text("status"), cell: (row) => <Met of={newest && valueIn(newest, row)} /> },
      ]}
    />
  );
}

function dayAfter(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + DAY_MS).toISOString().slice(0, 10);
}

function valueIn(range: Range, row: Metric): Metric | undefined {
  return range.metrics.find((metric) => keyOf(metric) === keyOf(row));
}

function nameOf(row: Metric, words: Words): string {
  const part = row.by && row.of !== MIDDLE ? `: ${words.code(row.of)}` : "";
  return words.code(row.metric) + part;
}

function Value({ of }: { of: Metric | undefined }) {
  const words = useWords();
  if (!of || of.value === null) return <>–</>;
  if (of.unit === "money") return <Amount of={{ amount: of.value, currency: of.currency }} />;
  const unit = of.unit === "percent" ? " %" : of.unit === "number" ? "" : ` ${words.code(`unit.${of.unit}`)}`;
  return <span class="nowrap">{words.number(of.value) + unit}</span>;
}

function Met({ of }: { of: Metric | undefined }) {
  const words = useWords();
  if (!of || of.is_met === null) return null;
  return <Mark code={of.is_met ? "posted" : "held"} text={words.text(of.is_met ? "metrics.met" : "metrics.missed")} />;
}
