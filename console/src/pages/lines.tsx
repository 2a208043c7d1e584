import { Fragment } from "preact";

import { decimalText, exponentOf, isZero } from "../amounts";
import { Amount } from "../parts";
import type { Explanation, Invoice, InvoiceLine } from "../types";
import { useWords, type Words } from "../words";

/** Say a step of a price in words that a customer could be sent. */
function stepText(step: Explanation["steps"][number], currency: string, words: Words): string {
  const price = `${decimalText(step.unit_price, words.language, exponentOf(currency))} ${currency}`;
  const fee = `${decimalText(step.flat_fee, words.language, exponentOf(currency))} ${currency}`;
  const parts = [];
  if (!isZero(step.unit_price) || isZero(step.flat_fee)) parts.push(`${words.number(step.quantity)} × ${price}`);
  if (!isZero(step.flat_fee)) parts.push(words.text("line.fee", { fee }));
  return `${step.label}: ${parts.join(" + ")}`;
}

/** Lines of an invoice: what each is for, and step by step why it comes to its amount. */
export function InvoiceLines(props: { lines: InvoiceLine[]; currency: string; children?: (line: InvoiceLine) => preact.ComponentChildren }) {
  const words = useWords();
  if (!props.lines.length) return <p class="empty">{words.text("line.none")}</p>;
  return (
    <ol class="lines">
      {props.lines.map((line) => {
        const { priced } = line;
        const of = Object.entries(priced.dimension).map(([name, value]) => `${name} ${value}`).join(", ");
        return (
          <li key={`${priced.explanation.contract} ${priced.id} ${of}`}>
            <div class="line-head">
              <h3>
                {priced.description}
                {of && <span class="soft"> · {of}</span>}
                <span class="soft"> · {words.span(priced.service_period)}</span>
              </h3>
              <b><Amount of={line.amounts.net} /></b>
            </div>
            <details>
              <summary>{words.text("line.why")}</summary>
              <ol class="steps">
                {priced.explanation.steps.map((step, index) => (
                  <li key={index}>
                    <span>{stepText(step, props.currency, words)}</span>
                    <span class="nowrap">{decimalText(step.amount, words.language, exponentOf(props.currency))} {props.currency}</span>
                  </li>
                ))}
                {priced.explanation.proration && priced.explanation.proration.days_covered !== priced.explanation.proration.days_in_period && (
                  <li>
                    <span>{words.text("line.days", { covered: priced.explanation.proration.days_covered, of: priced.explanation.proration.days_in_period })}</span>
                  </li>
                )}
                <li>
                  <span>{words.text("line.rounded", { rounding: words.code(priced.explanation.rounding), exact: words.number(priced.explanation.exact_amount) })}</span>
                  <b><Amount of={line.amounts.net} /></b>
                </li>
                <li>
                  <span>{words.text("line.tax", { percent: words.number(line.determination.percent), place: line.determination.jurisdiction })}</span>
                  <Amount of={line.amounts.tax} />
                </li>
              </ol>
              <p class="soft">
                {words.text("line.source", { contract: priced.explanation.contract, version: priced.explanation.contract_version, model: words.code(priced.explanation.price_model) })}{" "}
                <span lang="en">{line.determination.reason}</span>
              </p>
              {props.children?.(line)}
            </details>
          </li>
        );
      })}
    </ol>
  );
}

export function TaxSummary({ invoice }: { invoice: Invoice }) {
  const words = useWords();
  return (
    <div class="scroll" role="region" aria-label={words.text("tax")} tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">{words.text("tax")}</th>
            <th scope="col" class="n hide-narrow">{words.text("net")}</th>
            <th scope="col" class="n">{words.text("tax")}</th>
            <th scope="col" class="n">{words.text("total")}</th>
          </tr>
        </thead>
        <tbody>
          {invoice.tax_summary.map((group) => (
            <Fragment key={`${group.jurisdiction} ${group.treatment} ${group.percent}`}>
            <tr class="with-note">
              <th scope="row">
                {group.jurisdiction}, {words.code(group.treatment)}, {words.number(group.percent)}{"\u00a0"}%
              </th>
              <td class="n hide-narrow"><Amount of={group.amounts.net} /></td>
              <td class="n"><Amount of={group.amounts.tax} /></td>
              <td class="n"><Amount of={group.amounts.gross} /></td>
            </tr>
            <tr class="note">
              <td colSpan={4} class="soft" lang="en">{group.reason}</td>
            </tr>
            </Fragment>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">{words.text("total")}</th>
            <td class="n hide-narrow"><Amount of={invoice.totals.net} /></td>
            <td class="n"><Amount of={invoice.totals.tax} /></td>
            <td class="n"><Amount of={invoice.totals.gross} /></td>
          </tr>
        </tfoot>
      </table>
    </div>
  );
}
