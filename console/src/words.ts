// The two catalogues. A text is found by its key; codes of the API that have no text are shown as words.

import { createContext } from "preact";
import { useContext } from "preact/hooks";

import de from "./locales/de.json";
import en from "./locales/en.json";
import { decimalText, exponentOf, moneyText, type Money } from "./amounts";

export type Language = "en" | "de";
export type Key = keyof typeof en;

const CATALOGUES: Record<Language, Record<string, string>> = { en, de };

export class Words {
  constructor(readonly language: Language) {}

  /** Return a text, with its values put in. */
  text = (key: Key, values: Record<string, string | number> = {}): string => {
    const found = CATALOGUES[this.language][key] ?? CATALOGUES.en[key] ?? key;
    return found.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
  };

  /** Return the text of a code of the API, such as a status. */
  code = (code: string): string => CATALOGUES[this.language][`code.${code}`] ?? code.replace(/_/g, " ");

  money = (money: Money): string => moneyText(money, this.language);

  number = (value: string | number): string => decimalText(String(value), this.language);

  /** Write a day, or the day of an instant, as people do. */
  day = (day: string): string => {
    const [year, month, date] = day.slice(0, 10).split("-").map(Number);
    if (!year || !month || !date) return day;
    const written = new Intl.DateTimeFormat(this.language === "de" ? "de-DE" : "en-GB", {
      day: "numeric",
      month: "short",
      year: "numeric",
      timeZone: "UTC",
    });
    return written.format(new Date(Date.UTC(year, month - 1, date)));
  };

  month = (period: string): string => {
    const [year, month] = period.split("-").map(Number);
    if (!year || !month) return period;
    const written = new Intl.DateTimeFormat(this.language, { month: "long", year: "numeric", timeZone: "UTC" });
    return written.format(new Date(Date.UTC(year, month - 1, 1)));
  };

  /** Write a half-open span of days: as its month where it is a whole one, else with its last day. */
  span = (span: { start: string; end: string }): string => {
    const [start, end] = [span.start.slice(0, 10), span.end.slice(0, 10)];
    const [year = 0, month = 1] = start.split("-").map(Number);
    if (start.endsWith("-01") && end === new Date(Date.UTC(year, month, 1)).toISOString().slice(0, 10)) return this.month(start.slice(0, 7));
    const last = new Date(Date.parse(`${end}T00:00:00Z`) - 86_400_000);
    return Number.isNaN(last.getTime()) ? start : `${this.day(start)} – ${this.day(last.toISOString())}`;
  };

  /** Read an amount as people of this language type it, and write it as the API does; what is none stays as it is. */
  typed = (text: string): string => {
    const [group, decimal] = this.language === "de" ? [".", ","] : [",", "."];
    const bare = text.replace(/[\s\u00a0\u202f]/g, "");
    const isGrouped = new RegExp(`^-?\\d{1,3}(\\${group}\\d{3})+(\\${decimal}\\d+)?$`).test(bare);
    return (isGrouped ? bare.split(group).join("") : bare).replace(decimal, ".");
  };

  /** Write an amount as it stands in a field, without separators between thousands. */
  field = (amount: string, currency: string): string => {
    const [whole = "0", fraction = ""] = amount.split(".");
    const decimals = fraction.padEnd(exponentOf(currency), "0");
    return decimals ? `${whole}${this.language === "de" ? "," : "."}${decimals}` : whole;
  };

  /** Write how long before a moment an instant was: in minutes, from two hours on in hours, from two days on in days. */
  age = (instant: string, at: string): string => {
    const minutes = Math.max(0, Math.floor((Date.parse(at) - Date.parse(instant)) / 60_000));
    if (minutes < 120) return this.text("age.minutes", { number: minutes });
    if (minutes < 2 * 1440) return this.text("age.hours", { number: Math.floor(minutes / 60) });
    return this.text("age.days", { number: this.number(Math.floor(minutes / 1440)) });
  };

  instant = (instant: string): string => `${this.day(instant)}, ${instant.slice(11, 16)} UTC`;
}

export const WordsContext = createContext(new Words("en"));

export function useWords(): Words {
  return useContext(WordsContext);
}
