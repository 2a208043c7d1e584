import { useState } from "preact/hooks";

import { post, useRead } from "../api";
import type { PageProps } from "../main";
import { Link, Mark, PageHead, Sheet, Show, Table, useAction } from "../parts";
import { useWords } from "../words";

interface DeadQueue {
  queue: string;
  waiting: number;
  dead_letters: number;
}

interface Letter {
  id: string;
  sent_at: string;
  content: string;
  error: string;
}

interface Redriven {
  letters: Letter[];
  sent_back: number;
  left: number;
}

function redrivesOf(queue: string): string {
  return `/v1/dead-letters/${encodeURIComponent(queue)}/redrives`;
}

/** The work queues, and how many messages of each failed so often that nobody takes them any more. */
export function LettersPage(props: PageProps) {
  const words = useWords();
  const queues = useRead<{ queues: DeadQueue[] }>("/v1/dead-letters");
  return (
    <>
      <PageHead title={words.text("page.letters")} lead={words.text("letters.lead")}>
        <button type="button" onClick={queues.reload}>{words.text("letters.again")}</button>
      </PageHead>
      <Sheet title={words.text("letters.queues")} padded={false}>
        <Show of={queues}>
          {({ queues: known }) => (
            <Table
              label={words.text("letters.queues")}
              rows={known}
              empty={words.text("nothing")}
              rowKey={(row) => row.queue}
              columns={[
                { name: words.text("letters.queue"), isHead: true, cell: (row) => (row.dead_letters ? <Link to={props.to("letters", row.queue)}>{words.code(`queue.${row.queue}`)}</Link> : words.code(`queue.${row.queue}`)) },
                { name: words.text("letters.waiting"), isNumber: true, cell: (row) => words.number(row.waiting) },
                { name: words.text("letters.dead"), isNumber: true, cell: (row) => (row.dead_letters ? <Mark code="held" text={words.number(row.dead_letters)} /> : words.number(0)) },
              ]}
            />
          )}
        </Show>
      </Sheet>
    </>
  );
}

/** The dead letters of a queue with their values masked: looked at first, and then sent back. */
export function QueuePage(props: PageProps) {
  const words = useWords();
  const [shown, setShown] = useState<Redriven>();
  const looking = useAction();
  const sending = useAction();
  const look = () =>
    looking.act(async () => {
      setShown(await post<Redriven>(redrivesOf(props.thing), { dry_run: true }));
      return "";
    });
  const send = () =>
    sending.act(async () => {
      const done = await post<Redriven>(redrivesOf(props.thing), { dry_run: false });
      setShown(undefined);
      return words.text("letters.sent", { number: done.sent_back, left: done.left });
    });
  return (
    <>
      <PageHead title={words.code(`queue.${props.thing}`)} back={{ to: props.to("letters"), text: words.text("page.letters") }} lead={words.text("letters.queue.lead")} />
      <Sheet title={words.text("letters.redrive")}>
        <div class="buttons">
          <button type="button" class={shown ? undefined : "main"} disabled={looking.isBusy} onClick={() => void look()}>{words.text("letters.look")}</button>
          {shown && shown.letters.length > 0 && (
            <button type="button" class="main" disabled={sending.isBusy} onClick={() => void send()}>{words.text("letters.send", { number: shown.letters.length })}</button>
          )}
        </div>
        {looking.result}
        {sending.result}
        {shown && !shown.letters.length && <p class="soft">{words.text("letters.none")}</p>}
      </Sheet>
      {shown?.letters.map((letter) => (
        <Sheet key={letter.id} title={words.text("letters.letter", { at: words.instant(letter.sent_at) })} aside={<span class="mono">{letter.id}</span>}>
          <p class="notice bad" lang="en">{letter.error || words.text("letters.no_error")}</p>
          <details>
            <summary>{words.text("letters.content")}</summary>
            <pre class="mono" dir="auto">{letter.content}</pre>
          </details>
        </Sheet>
      ))}
    </>
  );
}
