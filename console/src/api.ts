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

async function sent(method: string, path: string, body?: unknown): Promise<Response> {
  const headers: Record<string, string> = { accept: "application/json" };
  if (method !== "GET") {
    headers["x-billproof-console"] = "1";
    headers["content-type"] = "application/json";
  }
  if (method === "POST" && path.startsWith("/v1/")) headers["idempotency-key"] = crypto.randomUUID();
  const request: RequestInit = { method, headers, credentials: "same-origin" };
  if (body !== undefined) request.body = JSON.stringify(body);
  try {
    return await fetch(path, request);
  } catch {
    throw new Problem(0, "no_connection", "");
  }
}

async function answered<T>(response: Response): Promise<T> {
  const document = (await response.json().catch(() => ({}))) as Record<string, unknown>;
  if (response.ok) return document as T;
  if (response.status === 401) onSessionOver();
  const detail = String(document["detail"] ?? document["message"] ?? response.statusText);
  throw new Problem(response.status, String(document["code"] ?? ""), detail, String(document["request_id"] ?? ""));
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

export interface Listed<T> extends Loaded<T[]> {
  hasMore: boolean;
  more: () => void;
}

/** Read a list page by page. */
export function useList<T>(path: string | null): Listed<T> {
  const first = useRead<Page<T>>(path);
  const [after, setAfter] = useState<{ of: Page<T> | undefined; items: T[]; next: string | null; problem?: Problem }>({
    of: undefined,
    items: [],
    next: null,
  });
  const isOf = after.of === first.data;
  const next = first.data ? (isOf ? after.next : first.data.next) : null;
  const more = () => {
    if (!path || !next || !first.data) return;
    const of = first.data;
    const known = isOf ? after.items : [];
    const join = path.includes("?") ? "&" : "?";
    get<Page<T>>(`${path}${join}cursor=${encodeURIComponent(next)}`).then(
      (page) => setAfter({ of, items: [...known, ...page.items], next: page.next }),
      (problem: Problem) => setAfter({ of, items: known, next, problem }),
    );
  };
  return {
    data: first.data ? [...first.data.items, ...(isOf ? after.items : [])] : undefined,
    problem: first.problem ?? (isOf ? after.problem : undefined),
    isLoading: first.isLoading,
    reload: first.reload,
    hasMore: next !== null,
    more,
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
