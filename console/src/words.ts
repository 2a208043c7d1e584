// The two catalogues. A text is found by its key; codes of the API that have no text are shown as words.

import { createContext } from "preact";
import { useContext } from "preact/hooks";

import de from "./locales/de.json";
import en from "./locales/en.json";
import { decimalText, moneyText, type Money } from "./amounts";

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

  instant = (instant: string): string => `${this.day(instant)}, ${instant.slice(11, 16)} UTC`;
}

export const WordsContext = createContext(new Words("en"));

export function useWords(): Words {
  return useContext(WordsContext);
}
