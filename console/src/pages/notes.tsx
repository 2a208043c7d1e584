import { useState } from "preact/hooks";

import { post, useList } from "../api";
import type { PageProps } from "../main";
import { Choice, Sheet, TextField, useAction } from "../parts";
import type { Exception, Note, PolicyVersion } from "../types";
import { useWords, type Words } from "../words";

const KINDS = ["commented", "assigned", "snoozed", "resumed"];
const LONGEST_SNOOZE_DAYS = 31;

/** A day some days from today, in UTC, as the API writes days. */
function dayIn(days: number): string {
  return new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
}

/** Whether an exception is put aside today. */
export function isSnoozed(exception: Exception): boolean {
  return exception.snoozed_until !== null && exception.snoozed_until > dayIn(0);
}

function noteText(note: Note, words: Words): string {
  if (note.kind === "assigned") return note.assignee ? words.text("notes.assigned", { to: note.assignee }) : words.text("notes.unassigned");
  if (note.kind === "snoozed") return words.text("notes.snoozed", { until: words.day(note.until ?? "") });
  return note.kind === "resumed" ? words.text("notes.resumed") : "";
}

/** What people noted of an exception, and a form to note more: it decides nothing. */
export function Notes(props: PageProps & { state: Exception; notes: Note[]; reload: () => void }) {
  const words = useWords();
  const { state } = props;
  const isOpen = state.decision === null;
  const kinds = isOpen ? KINDS.filter((kind) => kind !== "resumed" || isSnoozed(state)) : ["commented"];
  const [chosen, setKind] = useState("commented");
  const kind = kinds.includes(chosen) ? chosen : "commented";
  const [text, setText] = useState("");
  const [assignee, setAssignee] = useState(props.entity.acts_as);
  const [until, setUntil] = useState(dayIn(7));
  const { act, isBusy, result } = useAction();
  const policy = useList<PolicyVersion>(kind === "assigned" ? `/v1/policies/${encodeURIComponent(props.entity.id)}/versions?limit=1000` : null);
  const people = policy.data?.find((one) => one.is_in_force)?.policy.people ?? [];
  const send = () =>
    act(async () => {
      const more = kind === "assigned" ? { assignee: assignee || null } : kind === "snoozed" ? { until } : {};
      await post(`/v1/exceptions/${encodeURIComponent(state.opened.id)}/notes`, { kind, text, ...more });
      setText("");
      props.reload();
      return words.text("notes.noted");
    });
  return (
    <Sheet title={words.text("notes")} aside={state.assignee ? words.text("notes.looks_after", { name: state.assignee }) : words.text("notes.nobody")}>
      {isOpen && isSnoozed(state) && <p class="notice warn">{words.text("notes.is_snoozed", { until: words.day(state.snoozed_until ?? "") })}</p>}
      {props.notes.length > 0 && (
        <ol class="timeline">
          {props.notes.map((note) => (
            <li key={note.ordinal}>
              <b>{note.noted_by}</b> <span class="soft">{words.instant(note.noted_at)}</span>
              <div>{[noteText(note, words), note.text].filter(Boolean).join(": ")}</div>
            </li>
          ))}
        </ol>
      )}
      <form onSubmit={(event) => { event.preventDefault(); void send(); }}>
        <div class="fields">
          {kinds.length > 1 && <Choice label={words.text("notes.kind")} value={kind} choices={kinds.map((code) => [code, words.code(`note.${code}`)])} onChange={setKind} />}
          {kind === "assigned" && (
            <Choice
              label={words.text("notes.assignee")}
              value={assignee}
              choices={[["", words.text("notes.nobody")], ...(people.length ? people.map((person): [string, string] => [person.id, person.name]) : [[assignee, assignee] as [string, string]])]}
              onChange={setAssignee}
            />
          )}
          {kind === "snoozed" && <TextField label={words.text("notes.until")} value={until} onInput={setUntil} type="date" min={dayIn(1)} max={dayIn(LONGEST_SNOOZE_DAYS)} required />}
        </div>
        <TextField label={words.text(kind === "commented" ? "notes.text" : kind === "snoozed" ? "reason" : "notes.text.optional")} value={text} onInput={setText} long required={kind === "commented" || kind === "snoozed"} />
        <div class="buttons"><button type="submit" disabled={isBusy}>{words.text("notes.send")}</button></div>
        <p class="soft">{words.text("notes.lead")}</p>
        {result}
      </form>
    </Sheet>
  );
}
