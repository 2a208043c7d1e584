import { useState } from "preact/hooks";

import { minus, sum, type Money } from "../amounts";
import { post, type Problem, useRead } from "../api";
import type { PageProps } from "../main";
import { Amount, Choice, Sheet, Show, Table, TextField, useAction } from "../parts";
import { type Words, useWords } from "../words";
import { monthBefore } from "./month";

type Json = string | number | boolean | null | Json[] | { [name: string]: Json };
type Path = (string | number)[];

interface Terms {
  [name: string]: Json;
  id: string;
  version: number;
  charges: { [name: string]: Json; name: string }[];
}

interface Simulated {
  before: Money;
  after: Money;
  difference: Money;
}

interface Tried {
  month: string;
  simulated?: Simulated;
  why?: string;
}

const MONTHS = 12;
const PRICED = ["price", "quantity", "included_quantity", "floor_unit_price"];
const DECIMAL = /^-?\d+(\.\d+)?$/;

/** Where the prices of a contract are, and the quantities that it fixes. */
export function pricesOf(terms: Terms): Path[] {
  return terms.charges.flatMap((charge, number) => PRICED.flatMap((name) => decimalsBelow(charge[name] ?? null, ["charges", number, name])));
}

function decimalsBelow(json: Json, path: Path): Path[] {
  if (typeof json === "string") return DECIMAL.test(json) ? [path] : [];
  if (json === null || typeof json !== "object") return [];
  const parts: [string | number, Json][] = Array.isArray(json) ? json.map((part, number) => [number, part]) : Object.entries(json);
  return parts.flatMap(([name, part]) => decimalsBelow(part, [...path, name]));
}

function at(json: Json, path: Path): Json {
  return path.reduce<Json>((part, name) => (part as Record<string | number, Json>)[name] ?? null, json);
}

function replaced(json: Json, [name, ...rest]: Path, value: string): Json {
  if (name === undefined) return value;
  const part = replaced((json as Record<string | number, Json>)[name] ?? null, rest, value);
  return Array.isArray(json) ? json.map((one, number) => (number === name ? part : one)) : { ...(json as Record<string, Json>), [name]: part };
}

/** What the customer would have been billed in the last twelve months at other prices: nothing is kept. */
export function WhatIf(props: PageProps & { contracts: string[] }) {
  const words = useWords();
  const [contract, setContract] = useState("");
  const chosen = contract || (props.contracts.length === 1 ? props.contracts[0]! : "");
  const [isOpen, setOpen] = useState(false);
  const path = `/v1/accounts/${encodeURIComponent(props.thing)}/contracts/${encodeURIComponent(chosen)}`;
  const terms = useRead<Terms>(isOpen && chosen ? path : null);
  if (!props.contracts.length) return null;
  return (
    <Sheet title={words.text("whatif")}>
      {!isOpen && <div class="buttons"><button type="button" onClick={() => setOpen(true)}>{words.text("whatif.open")}</button></div>}
      {isOpen && props.contracts.length > 1 && (
        <Choice label={words.text("whatif.contract")} value={chosen} choices={[["", "–"], ...props.contracts.map((id): [string, string] => [id, id])]} onChange={setContract} />
      )}
      {isOpen && chosen && <Show of={terms}>{(known) => <Prices key={known.id} terms={known} {...props} />}</Show>}
    </Sheet>
  );
}

function Prices(props: PageProps & { terms: Terms }) {
  const words = useWords();
  const { terms } = props;
  const [typed, setTyped] = useState<Record<string, string>>({});
  const [tried, setTried] = useState<Tried[]>([]);
  const { act, isBusy, result } = useAction();
  const prices = pricesOf(terms);
  const fieldOf = (path: Path) => typed[path.join(".")] ?? words.number(String(at(terms, path)));
  const changed = () => prices.reduce<Json>((made, path) => (path.join(".") in typed ? replaced(made, path, words.typed(fieldOf(path))) : made), terms);
  const tryOut = () =>
    act(async () => {
      const changes = [{ kind: "contract", ...(changed() as Terms), version: terms.version + 1 }];
      const months = yearTo(props.month);
      setTried([]);
      for (const month of months) {
        const one = await tryMonth(props.entity.id, month, changes);
        setTried((before) => [...before, one]);
      }
      return words.text("whatif.done");
    });
  return (
    <form onSubmit={(event) => { event.preventDefault(); void tryOut(); }}>
      <p class="soft">{words.text("whatif.lead")}</p>
      <div class="fields">
        {prices.map((path) => (
          <TextField key={path.join(".")} label={labelOf(terms, path, words)} value={fieldOf(path)} inputMode="decimal" onInput={(value) => setTyped({ ...typed, [path.join(".")]: value })} />
        ))}
      </div>
      <div class="buttons"><button type="submit" disabled={isBusy || !Object.keys(typed).length}>{words.text("whatif.try")}</button></div>
      {tried.length > 0 && <Year of={tried} />}
      {result}
    </form>
  );
}

async function tryMonth(entity: string, month: string, changes: Json[]): Promise<Tried> {
  try {
    return { month, simulated: await post<Simulated>("/v1/simulations", { legal_entity: entity, period: month, changes }) };
  } catch (error) {
    const { status, message } = error as Problem;
    if (status !== 404 && status !== 409) throw error; // what is refused is refused for every month
    return { month, why: message };
  }
}

function Year({ of }: { of: Tried[] }) {
  const words = useWords();
  const priced = of.flatMap((one) => one.simulated ?? []);
  const total = (name: keyof Simulated): Money | null => (priced[0] ? { amount: sum(priced.map((one) => one[name].amount)), currency: priced[0][name].currency } : null);
  const [before, after] = [total("before"), total("after")];
  const rows = [...of.map((one) => ({ name: words.month(one.month), ...one })), { name: words.text("whatif.total"), month: "", why: undefined, simulated: before && after ? { before, after, difference: { amount: minus(after.amount, before.amount), currency: after.currency } } : undefined }];
  return (
    <Table
      label={words.text("whatif")}
      rows={rows}
      empty={words.text("nothing")}
      rowKey={(row) => row.month}
      columns={[
        { name: words.text("whatif.month"), isHead: true, cell: (row) => (row.month ? row.name : <b>{row.name}</b>) },
        { name: words.text("whatif.before"), isNumber: true, cell: (row) => <Amount of={row.simulated?.before} />, hideNarrow: true },
        { name: words.text("whatif.after"), isNumber: true, cell: (row) => (row.why ? <span class="soft" lang="en">{row.why}</span> : <Amount of={row.simulated?.after} />) },
        { name: words.text("whatif.difference"), isNumber: true, cell: (row) => <Amount of={row.simulated?.difference} /> },
      ]}
    />
  );
}

function yearTo(month: string): string[] {
  const months = [month];
  while (months.length < MONTHS) months.unshift(monthBefore(months[0]!));
  return months;
}

/** Name a price as its charge is named: "Flights, tiers 2, unit price". */
function labelOf(terms: Terms, [, number, ...path]: Path, words: Words): string {
  const names = path.flatMap((name) => (name === "price" ? [] : [typeof name === "number" ? String(name + 1) : words.code(name)]));
  return `${terms.charges[number as number]!.name}: ${names.join(" ")}`;
}
