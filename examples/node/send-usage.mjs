// Send usage events to Billproof's HTTP API with nothing but Node (20 or later): one event a line on standard input.
//
//   BILLPROOF_URL=https://... BILLPROOF_TOKEN=... node send-usage.mjs < events.ndjson
//
// read -> batch -> POST /v1/usage-events -> answered: accepted, or refused (a line on standard error)
//                    ^            |
//                    |--- no answer, 408, 429, 5xx: wait as Retry-After says, send the same batch again
//                    '--- too large, or not answered line by line: send each half of it
//
// An event counts once by its source, id, account and day, so a batch whose answer was lost is sent again without harm.
// A call that is wrong in itself (no token, no scope) ends the program: `answered` says how many lines are done.
import { createInterface } from "node:readline";

const MOST_EVENTS = Number(process.env.BATCH_SIZE ?? 500);
const MOST_BYTES = 900_000;
const MOST_WAIT = Number(process.env.MOST_WAIT_SECONDS ?? 60);
const TIMEOUT_MS = 30_000;
const { BILLPROOF_URL, BILLPROOF_TOKEN } = process.env;
if (!BILLPROOF_URL || !BILLPROOF_TOKEN) {
  console.error("set BILLPROOF_URL (the stack's output TokenApiUrl) and BILLPROOF_TOKEN");
  process.exit(2);
}
const url = `${BILLPROOF_URL.replace(/\/+$/, "")}/v1/usage-events`;
const headers = { "content-type": "application/x-ndjson", authorization: `Bearer ${BILLPROOF_TOKEN}` };
const done = { answered: 0, accepted: 0, refused: 0, tries: 0 };

const sleep = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

function settle(lines, answers) {
  lines.forEach((line, index) => {
    done.answered += 1;
    if (answers[index].state === "accepted") {
      done.accepted += 1;
      return;
    }
    done.refused += 1;
    const { code, field, detail } = answers[index];
    process.stderr.write(`${JSON.stringify({ code, field, detail, line })}\n`);
  });
}

async function post(lines) {
  done.tries += 1;
  try {
    const body = lines.join("\n");
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const answer = await fetch(url, { method: "POST", headers, body, signal, redirect: "manual" });
    const document = await answer.json().catch(() => ({}));
    return { status: answer.status, document, after: Number(answer.headers.get("retry-after")) || 0 };
  } catch (error) {
    return { status: 0, document: { detail: String(error) }, after: 0 };
  }
}

async function deliver(lines) {
  for (let wait = 0.2; ; wait = Math.min(wait * 2, MOST_WAIT)) {
    const { status, document, after } = await post(lines);
    if (Array.isArray(document.events)) {
      if (document.events.length === lines.length) return settle(lines, document.events);
      return divide(lines, { code: "unparsable_json", detail: "the line was not read as one event" });
    }
    if (status === 413 || (status === 422 && document.code === "invalid_input")) return divide(lines, document);
    if (status >= 300 && status < 500 && status !== 408 && status !== 429)
      throw new Error(`the API refuses calls: ${status} ${document.code ?? ""} ${document.detail ?? ""}`);
    await sleep(Math.max(Math.min(after, MOST_WAIT), Math.min(wait, MOST_WAIT) * (0.5 + Math.random() / 2)));
  }
}

async function divide(lines, { code = "payload_too_large", detail = "" }) {
  if (lines.length === 1) return settle(lines, [{ state: "refused", code, detail }]);
  const half = Math.ceil(lines.length / 2);
  await deliver(lines.slice(0, half));
  await deliver(lines.slice(half));
}

let batch = [];
let size = 0;
try {
  for await (const line of createInterface({ input: process.stdin })) {
    if (line.trim() === "") continue;
    const bytes = Buffer.byteLength(line) + 1;
    if (batch.length === MOST_EVENTS || (batch.length > 0 && size + bytes > MOST_BYTES)) {
      await deliver(batch);
      [batch, size] = [[], 0];
    }
    batch.push(line);
    size += bytes;
  }
  if (batch.length > 0) await deliver(batch);
} catch (error) {
  console.error(error.message);
  process.exitCode = 2;
}
console.log(JSON.stringify(done));
process.exitCode ??= done.refused > 0 ? 1 : 0;
