import { useState } from "preact/hooks";

import { post } from "../api";
import { TextField, useAction } from "../parts";
import { useWords } from "../words";

export interface Session {
  signed_in: boolean;
  name: string | null;
  by: "name" | "provider";
  people: string[];
}

/** Sign in; where a session is over, above the page that it was of, which keeps what was typed. */
export function SignInPage(props: { session: Session; isOver: boolean; onSignedIn: () => Promise<void> }) {
  const words = useWords();
  const [name, setName] = useState(props.isOver ? (props.session.name ?? "") : "");
  const { act, isBusy, result } = useAction();
  const signIn = (who: string) =>
    act(async () => {
      await post("/session", { name: who });
      await props.onSignedIn();
      return "";
    });
  return (
    <div class={props.isOver ? "door over" : "door"}>
      <main class="sheet">
        <div class="brand">
          <img src="/favicon.svg" alt="" /> Billproof
        </div>
        <h1>{words.text("sign_in")}</h1>
        {props.isOver && <p class="notice warn" role="alert">{words.text("sign_in.over")}</p>}
        {props.session.by === "provider" ? (
          <>
            <p class="lead">{words.text("sign_in.provider")}</p>
            <a class="button" href="/session/sign-in" target={props.isOver ? "_blank" : undefined} rel="noopener">{words.text("sign_in.continue")}</a>
          </>
        ) : (
          <form
            onSubmit={(event) => {
              event.preventDefault();
              void signIn(name.trim());
            }}
          >
            <p class="lead">{words.text("sign_in.local")}</p>
            <TextField label={words.text("sign_in.name")} value={name} onInput={setName} required />
            {props.session.people.length > 0 && (
              <div class="people" role="group" aria-label={words.text("sign_in.people")}>
                {props.session.people.map((person) => (
                  <button type="button" key={person} onClick={() => setName(person)}>
                    {person}
                  </button>
                ))}
              </div>
            )}
            <button class="main" type="submit" disabled={isBusy}>
              {words.text("sign_in")}
            </button>
            {result}
          </form>
        )}
      </main>
    </div>
  );
}
