// What pages are made of.

import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";

import { isZero, minus, sum, type Money } from "./amounts";
import type { Listed, Loaded, Problem } from "./api";
import { go } from "./router";
import { useWords, type Key } from "./words";

export function Link(props: { to: string; children: ComponentChildren; class?: string; current?: boolean }) {
  const follow = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    go(props.to);
  };
  return (
    <a href={props.to} onClick={follow} class={props.class} aria-current={props.current ? "page" : undefined}>
      {props.children}
    </a>
  );
}

export function PageHead(props: {
  title: string;
  lead?: string;
  back?: { to: string; text: string };
  children?: ComponentChildren;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${props.title} · Billproof`;
  }, [props.title]);
  return (
    <div class="page-head">
      {props.back && (
        <p class="crumb">
          <Link to={props.back.to}>← {props.back.text}</Link>
        </p>
      )}
      <h1 ref={heading}>{props.title}</h1>
      {props.children && <div class="actions">{props.children}</div>}
      {props.lead && <p class="lead crumb">{props.lead}</p>}
    </div>
  );
}

export function Sheet(props: { title: string; aside?: ComponentChildren; children: ComponentChildren; padded?: boolean }) {
  const id = useId();
  return (
    <section class="sheet" aria-labelledby={id}>
      <header>
        <h2 id={id}>{props.title}</h2>
        {props.aside !== undefined && <span class="push">{props.aside}</span>}
      </header>
      {props.padded === false ? props.children : <div class="body">{props.children}</div>}
    </section>
  );
}

export function Loading() {
  const words = useWords();
  return (
    <div class="loading" role="status">
      <i />
      <i />
      <i />
      <span class="visually-hidden">{words.text("loading")}</span>
    </div>
  );
}

/** Say in words what went wrong, and what to do. */
export function Trouble(props: { problem: Problem; again?: () => void }) {
  const words = useWords();
  const { problem } = props;
  const own: Record<string, Key> = { no_connection: "trouble.connection", no_answer: "trouble.no_answer", too_many_calls: "trouble.too_many", no_session: "trouble.session" };
  const key = own[problem.code];
  const detail = key ? words.text(key) : problem.message || words.text("trouble.status", { status: problem.status });
  return (
    <div class="notice bad" role="alert">
      <strong>{words.text(problem.status === 403 ? "trouble.forbidden" : "trouble.title")}</strong>{" "}
      <span lang={key ? undefined : "en"}>{detail}</span>
      {problem.requestId && <div class="mono">{words.text("trouble.request", { id: problem.requestId })}</div>}
      {props.again && (
        <div>
          <button type="button" onClick={props.again}>
            {words.text("again")}
          </button>
        </div>
      )}
    </div>
  );
}

/** Show what was read, or that it is on its way, or what went wrong. */
export function Show<T>(props: { of: Loaded<T>; children: (data: T) => ComponentChildren; missing?: string }) {
  const { data, problem, reload } = props.of;
  if (data !== undefined) return <>{props.children(data)}</>;
  if (problem?.status === 404 && props.missing) return <p class="empty">{props.missing}</p>;
  if (problem) return <div class="body"><Trouble problem={problem} again={reload} /></div>;
  return <Loading />;
}

export function Empty(props: { children: ComponentChildren }) {
  return <p class="empty">{props.children}</p>;
}

export interface Column<T> {
  name: string;
  cell: (row: T) => ComponentChildren;
  isNumber?: boolean;
  isHead?: boolean;
  hideNarrow?: boolean;
}

/** A table that scrolls by itself where it is wider than the page. */
export function Table<T>(props: {
  label: string;
  columns: Column<T>[];
  rows: T[];
  rowKey: (row: T) => string;
  chosen?: number;
  empty?: string;
}) {
  const chosen = useRef<HTMLTableRowElement>(null);
  useEffect(() => chosen.current?.scrollIntoView({ block: "nearest" }), [props.chosen]);
  if (!props.rows.length) return <Empty>{props.empty}</Empty>;
  const classOf = (column: Column<T>) =>
    [column.isNumber ? "n" : "", column.hideNarrow ? "hide-narrow" : ""].join(" ").trim() || undefined;
  return (
    <div class="scroll" role="region" aria-label={props.label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {props.columns.map((column) => (
              <th scope="col" key={column.name} class={classOf(column)}>
                {column.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.rows.map((row, index) => (
            <tr
              key={props.rowKey(row)}
              ref={index === props.chosen ? chosen : null}
              aria-selected={index === props.chosen ? "true" : undefined}
            >
              {props.columns.map((column) =>
                column.isHead ? (
                  <th scope="row" key={column.name} class={classOf(column)}>
                    {column.cell(row)}
                  </th>
                ) : (
                  <td key={column.name} class={classOf(column)}>
                    {column.cell(row)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function More(props: { of: Listed<unknown> }) {
  const words = useWords();
  if (!props.of.hasMore) return null;
  return (
    <div class="more">
      {props.of.problem && <Trouble problem={props.of.problem} />}
      <button type="button" onClick={props.of.more} disabled={props.of.isLoadingMore}>
        {words.text("more")}
      </button>
    </div>
  );
}

export function Amount(props: { of: Money | null | undefined; quiet?: boolean }) {
  const words = useWords();
  if (props.quiet && props.of && isZero(props.of.amount)) return <span class="quiet">–</span>;
  return <span class="nowrap">{props.of ? words.money(props.of) : "–"}</span>;
}

const GOOD = new Set(["posted", "applied", "approved", "credited", "closed", "kept"]);
const BAD = new Set(["held", "blocking", "returned", "overdue", "conflicting"]);
const WARN = new Set(["open", "proposed", "new", "released", "waits_for_credit", "warning", "part_applied", "on_account"]);

export function Mark(props: { code: string; text?: string }) {
  const words = useWords();
  const kind = GOOD.has(props.code) ? "good" : BAD.has(props.code) ? "bad" : WARN.has(props.code) ? "warn" : "";
  return <span class={`mark ${kind}`.trim()}>{props.text ?? words.code(props.code)}</span>;
}

export function Figure(props: { name: string; children: ComponentChildren; under?: ComponentChildren; small?: boolean }) {
  return (
    <div class="figure">
      <dt>{props.name}</dt>
      <dd class={props.small ? "small" : undefined}>
        {props.children}
        {props.under !== undefined && <div class="under">{props.under}</div>}
      </dd>
    </div>
  );
}

export interface Equation {
  code: string;
  currency: string | null;
  total: string;
  parts: Record<string, string>;
}

/** Equations of a statement, each as a bar of where its total went; what is nowhere is a leak, and is named. */
export function Equations(props: { of: Equation[] }) {
  const words = useWords();
  const nothing = props.of.filter(isEmpty);
  return (
    <ol class="flow">
      {props.of.filter((equation) => !isEmpty(equation)).map((equation) => (
        <EquationBar key={`${equation.code} ${equation.currency}`} equation={equation} />
      ))}
      {nothing.length > 0 && <li class="zero">{words.text("equations.nothing", { names: nothing.map((equation) => words.code(equation.code)).join(", ") })}</li>}
      {!props.of.length && <li>{words.text("nothing")}</li>}
    </ol>
  );
}

/** Whether there is nothing of it, and nothing is missing. */
function isEmpty(equation: Equation): boolean {
  return isZero(equation.total) && Object.values(equation.parts).every(isZero);
}

function EquationBar({ equation }: { equation: Equation }) {
  const words = useWords();
  const amount = (value: string) =>
    equation.currency ? words.money({ amount: value, currency: equation.currency }) : words.number(value);
  const leak = minus(equation.total, sum(Object.values(equation.parts)));
  const parts = Object.entries(equation.parts).filter(([, value]) => !isZero(value));
  const drawn: [string, string, string][] = parts.map(([name, value], index) => [name, value, `part-${index % 5}`]);
  if (!isZero(leak)) drawn.push(["leak", leak, "part-leak"]);
  const widths = drawn.map(([, value]) => Math.abs(Number(value))); // only to draw
  const whole = widths.reduce((left, right) => left + right, 0) || 1;
  let at = 0;
  return (
    <li>
      <div class="head">
        <h3>{words.code(equation.code)}</h3>
        <Mark
          code={isZero(leak) ? "posted" : "held"}
          text={isZero(leak) ? words.text("balances") : words.text("leak", { amount: amount(leak) })}
        />
        <span class="total">{amount(equation.total)}</span>
      </div>
      {drawn.length > 0 && (
        <svg viewBox="0 0 1000 14" preserveAspectRatio="none" aria-hidden="true">
          {drawn.map(([name, , part], index) => {
            const width = (widths[index]! / whole) * 1000;
            const x = at;
            at += width;
            return <rect key={name} class={part} x={x} y={0} width={Math.max(width - 2, 1)} height={14} />;
          })}
        </svg>
      )}
      <ul class="parts">
        {drawn.map(([name, value, part]) => (
          <li key={name}>
            <span class={`swatch ${part}`} aria-hidden="true" />
            {name === "leak" ? words.text("unaccounted") : words.code(name)} <b>{amount(value)}</b>
          </li>
        ))}
      </ul>
    </li>
  );
}

export function Field(props: { label: string; children: (id: string) => ComponentChildren }) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      {props.children(id)}
    </div>
  );
}

export function Choice(props: {
  label: string;
  value: string;
  choices: [string, string][];
  onChange: (value: string) => void;
  required?: boolean;
}) {
  return (
    <Field label={props.label}>
      {(id) => (
        <select id={id} value={props.value} required={props.required ?? false} onChange={(event) => props.onChange(event.currentTarget.value)}>
          {props.choices.map(([value, text]) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

export function TextField(props: {
  label: string;
  value: string;
  onInput: (value: string) => void;
  long?: boolean;
  type?: string;
  required?: boolean;
  inputMode?: "decimal";
  min?: string;
  max?: string;
}) {
  const common = {
    value: props.value,
    required: props.required ?? false,
    onInput: (event: { currentTarget: HTMLInputElement | HTMLTextAreaElement }) => props.onInput(event.currentTarget.value),
  };
  return (
    <Field label={props.label}>
      {(id) =>
        props.long ? (
          <textarea id={id} {...common} />
        ) : (
          <input id={id} type={props.type ?? "text"} inputMode={props.inputMode} min={props.min} max={props.max} {...common} />
        )
      }
    </Field>
  );
}

/** What of several things was refused, each with why. */
export function Refused({ of }: { of: string[] }) {
  if (!of.length) return null;
  return (
    <div class="notice bad" role="alert">
      <ul>{of.map((text) => <li key={text} lang="en">{text}</li>)}</ul>
    </div>
  );
}

/** Do something that may be refused: while it is under way nothing else is sent, and what came of it is said in words. */
export function useAction() {
  const [isBusy, setBusy] = useState(false);
  const words = useWords();
  const isUnderWay = useRef(false); // a second click may come before the button is drawn as disabled
  const [problem, setProblem] = useState<Problem>();
  const [done, setDone] = useState("");
  const act = async (work: () => Promise<string>) => {
    if (isUnderWay.current) return;
    isUnderWay.current = true;
    setBusy(true);
    setProblem(undefined);
    setDone("");
    try {
      setDone(await work());
    } catch (error) {
      setProblem(error as Problem);
    } finally {
      isUnderWay.current = false;
      setBusy(false);
    }
  };
  const result = (
    <div aria-live="polite">
      {isBusy && <p class="soft">{words.text("working")}</p>}
      {problem && <Trouble problem={problem} />}
      {done && <div class="notice good">{done}</div>}
    </div>
  );
  const forget = () => setProblem(undefined);
  return { isBusy, act, result, problem, forget };
}

export function useTitle(key: Key): string {
  return useWords().text(key);
}
