// Calls of the API and of the session. The cookie that says who calls is the browser's: no script reads it.

import { useCallback, useEffect, useState } from "preact/hooks";

export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    readonly requestId = "",
  ) {
    super(detail);
  }
}

export interface Page<T> {
  items: T[];
  next: string | null;
}

type Listener = () => void;
let onSessionOver: Listener = () => undefined;

/** Say what happens when a call finds that the session is over. */
export function whenSessionIsOver(listener: Listener): void {
  onSessionOver = listener;
}

const MOST_WAITS = 3;
const LONGEST_WAIT_S = 10;
const MOST_MS = 65_000;
/** Keys of changes whose outcome is not known: the same change sent again has the same one, and is made once. */
const unanswered = new Map<string, string>();

/** Texts are one line, whatever a person typed into a larger field. */
function inOneLine(_: string, value: unknown): unknown {
  return typeof value === "string" ? value.replace(/\s*[\r\n\u2028\u2029]+\s*/g, " ").trim() : value;
}

async function sent(method: string, path: string, body?: unknown): Promise<Response> {
  const headers: Record<string, string> = { accept: "application/json" };
  const text = body === undefined ? undefined : JSON.stringify(body, inOneLine);
  const change = `${path} ${text ?? ""}`;
  if (method !== "GET") {
    headers["x-billproof-console"] = "1";
    headers["content-type"] = "application/json";
  }
  if (method === "POST" && path.startsWith("/v1/")) {
    if (!unanswered.has(change)) unanswered.set(change, crypto.randomUUID());
    headers["idempotency-key"] = unanswered.get(change)!;
  }
  const request: RequestInit = { method, headers, credentials: "same-origin" };
  if (text !== undefined) request.body = text;
  for (let waits = 0; ; waits += 1) {
    const response = await fetched(path, request);
    if (response.status < 500 && response.status !== 429) unanswered.delete(change);
    const seconds = Number(response.headers.get("retry-after"));
    const isLater = response.status === 429 || (response.status === 503 && method === "GET");
    if (!isLater || !(seconds > 0) || seconds > LONGEST_WAIT_S || waits >= MOST_WAITS) return response;
    await new Promise((wake) => setTimeout(wake, seconds * 1000));
  }
}

async function fetched(path: string, request: RequestInit): Promise<Response> {
  try {
    return await fetch(path, { ...request, signal: AbortSignal.timeout(MOST_MS) });
  } catch (error) {
    throw new Problem(0, (error as Error).name === "TimeoutError" ? "no_answer" : "no_connection", "");
  }
}

async function answered<T>(response: Response): Promise<T> {
  const document = (await response.json().catch(() => undefined)) as Record<string, unknown> | undefined;
  if (response.ok && document !== undefined) return document as T;
  if (response.status === 401) onSessionOver();
  const detail = String(document?.["detail"] ?? document?.["message"] ?? response.statusText);
  const code = String(document?.["code"] ?? (response.ok ? "no_answer" : ""));
  throw new Problem(response.status, code, detail, String(document?.["request_id"] ?? ""));
}

export async function get<T>(path: string): Promise<T> {
  return answered<T>(await sent("GET", path));
}

export async function post<T>(path: string, body: unknown): Promise<T> {
  return answered<T>(await sent("POST", path, body));
}

export async function remove<T>(path: string): Promise<T> {
  return answered<T>(await sent("DELETE", path));
}

/** A path of the API, with its values escaped. */
export function url(path: string, query: Record<string, string | boolean | undefined> = {}): string {
  const set = Object.entries(query).filter(([, value]) => value !== undefined && value !== "" && value !== false);
  const text = new URLSearchParams(set.map(([name, value]) => [name, String(value)])).toString();
  return text ? `${path}?${text}` : path;
}

export interface Loaded<T> {
  data: T | undefined;
  problem: Problem | undefined;
  isLoading: boolean;
  reload: () => void;
}

/** Read a path, and read it again when it changes; nothing while it is null. */
export function useRead<T>(path: string | null): Loaded<T> {
  const [state, setState] = useState<{ path: string | null; data?: T; problem?: Problem }>({ path: null });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    if (path === null) return;
    let isCurrent = true;
    get<T>(path).then(
      (data) => isCurrent && setState({ path, data }),
      (problem: Problem) => isCurrent && setState({ path, problem }),
    );
    return () => {
      isCurrent = false;
    };
  }, [path, turn]);
  const isOf = state.path === path;
  const reload = useCallback(() => setTurn((known) => known + 1), []);
  return {
    data: isOf ? state.data : undefined,
    problem: isOf ? state.problem : undefined,
    isLoading: path !== null && !isOf,
    reload,
  };
}

export interface Listed<T, M = object> extends Loaded<T[]> {
  hasMore: boolean;
  isLoadingMore: boolean;
  more: () => void;
  first: (Page<T> & M) | undefined;
}

/** Read a list page by page. */
export function useList<T, M = object>(path: string | null): Listed<T, M> {
  const first = useRead<Page<T> & M>(path);
  const [isLoadingMore, setLoadingMore] = useState(false);
  const [after, setAfter] = useState<{ of: Page<T> | undefined; items: T[]; next: string | null; problem?: Problem }>({
    of: undefined,
    items: [],
    next: null,
  });
  const isOf = after.of === first.data;
  const next = first.data ? (isOf ? after.next : first.data.next) : null;
  const more = () => {
    if (!path || !next || !first.data || isLoadingMore) return;
    setLoadingMore(true);
    const of = first.data;
    const known = isOf ? after.items : [];
    const join = path.includes("?") ? "&" : "?";
    get<Page<T>>(`${path}${join}cursor=${encodeURIComponent(next)}`).then(
      (page) => setAfter({ of, items: [...known, ...page.items], next: page.next }),
      (problem: Problem) => setAfter({ of, items: known, next, problem }),
    ).finally(() => setLoadingMore(false));
  };
  return {
    data: first.data ? [...first.data.items, ...(isOf ? after.items : [])] : undefined,
    problem: first.problem ?? (isOf ? after.problem : undefined),
    isLoading: first.isLoading,
    reload: first.reload,
    hasMore: next !== null,
    isLoadingMore,
    more,
    first: first.data,
  };
}

/** Read every page of a list, for a file. */
export async function all<T>(path: string): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const page: Page<T> = await get<Page<T>>(
      `${path}${path.includes("?") ? "&" : "?"}limit=1000&cursor=${encodeURIComponent(cursor)}`,
    );
    items.push(...page.items);
    cursor = page.next;
  }
  return items;
}
