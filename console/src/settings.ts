// What a person prefers of this browser: language and colours. Nothing of it says who that person is.

import type { Language } from "./words";

export type Theme = "auto" | "light" | "dark";

function kept(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

function keep(name: string, value: string): void {
  try {
    localStorage.setItem(name, value);
  } catch {
    // a browser that keeps nothing asks again next time
  }
}

export function preferredLanguage(): Language {
  const known = kept("language") ?? navigator.language.slice(0, 2);
  return known === "de" ? "de" : "en";
}

export function preferredTheme(): Theme {
  const known = kept("theme");
  return known === "light" || known === "dark" ? known : "auto";
}

export function setLanguage(language: Language): void {
  keep("language", language);
  document.documentElement.lang = language;
}

export function setTheme(theme: Theme): void {
  keep("theme", theme);
  document.documentElement.dataset["theme"] = theme;
}
