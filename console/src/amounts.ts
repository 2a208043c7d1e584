// Amounts and quantities are text, as the API writes them: they are never read as floating point, but to draw.

export interface Money {
  amount: string;
  currency: string;
}

interface Separators {
  group: string;
  decimal: string;
}

const SEPARATORS: Record<string, Separators> = { en: { group: ",", decimal: "." }, de: { group: ".", decimal: "," } };
const exponents = new Map<string, number>();

/** How many decimals a currency has. */
export function exponentOf(currency: string): number {
  let known = exponents.get(currency);
  if (known === undefined) {
    try {
      known = new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;
    } catch {
      known = 0; // no currency of ISO 4217: its amounts are shown as they come
    }
    exponents.set(currency, known);
  }
  return known;
}

/** Write a decimal with the separators of a language, and at least so many decimals. */
export function decimalText(value: string, language: string, least = 0): string {
  const { group, decimal } = SEPARATORS[language] ?? SEPARATORS["en"]!;
  const sign = value.startsWith("-") ? "−" : "";
  const [whole = "0", fraction = ""] = value.replace(/^-/, "").split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, group);
  const decimals = fraction.padEnd(least, "0");
  return sign + grouped + (decimals ? decimal + decimals : "");
}

/** Write an amount with its currency. */
export function moneyText(money: Money, language: string): string {
  return `${decimalText(money.amount, language, exponentOf(money.currency))} ${money.currency}`;
}

/** Add decimals exactly. */
export function sum(values: string[]): string {
  const scale = Math.max(0, ...values.map((value) => (value.split(".")[1] ?? "").length));
  const units = values.map((value) => scaled(value, scale)).reduce((left, right) => left + right, 0n);
  return unscaled(units, scale);
}

/** Subtract a decimal from another one exactly. */
export function minus(left: string, right: string): string {
  return sum([left, right.startsWith("-") ? right.slice(1) : `-${right}`]);
}

export function isZero(value: string): boolean {
  return /^-?0*(\.0*)?$/.test(value);
}

export function isNegative(value: string): boolean {
  return value.startsWith("-") && !isZero(value);
}

/** The smaller of two decimals, neither below zero. */
export function least(left: string, right: string): string {
  return isNegative(minus(left, right)) ? left : right;
}

function scaled(value: string, scale: number): bigint {
  const sign = value.startsWith("-") ? -1n : 1n;
  const [whole = "0", fraction = ""] = value.replace(/^-/, "").split(".");
  return sign * BigInt(whole + fraction.padEnd(scale, "0"));
}

function unscaled(units: bigint, scale: number): string {
  const sign = units < 0n ? "-" : "";
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, "0");
  const whole = digits.slice(0, digits.length - scale);
  const fraction = digits.slice(digits.length - scale).replace(/0+$/, "");
  return sign + whole + (fraction ? `.${fraction}` : "");
}
