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

export function SignInPage(props: { session: Session; onSignedIn: () => Promise<void> }) {
  const words = useWords();
  const [name, setName] = useState("");
  const { act, isBusy, result } = useAction();
  const signIn = (who: string) =>
    act(async () => {
      await post("/session", { name: who });
      await props.onSignedIn();
      return "";
    });
  return (
    <div class="door">
      <main class="sheet">
        <div class="brand">
          <img src="/favicon.svg" alt="" /> Billproof
        </div>
        <h1>{words.text("sign_in")}</h1>
        {props.session.by === "provider" ? (
          <>
            <p class="lead">{words.text("sign_in.provider")}</p>
            <a class="button" href="/session/sign-in">{words.text("sign_in.continue")}</a>
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
