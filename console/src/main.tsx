// The console: who is signed in, which legal entity and month, and the page.

import { render } from "preact";
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";

import { get, remove, useList, useRead, whenSessionIsOver } from "./api";
import { CashPage } from "./pages/cash";
import { CustomerPage, CustomersPage } from "./pages/customers";
import { DisputesPage } from "./pages/disputes";
import { ExceptionPage, WorkPage } from "./pages/work";
import { EvidencePage } from "./pages/evidence";
import { IncidentPage } from "./pages/incidents";
import { IntegrationsPage } from "./pages/integrations";
import { InvoicePage, InvoicesPage } from "./pages/invoices";
import { LettersPage, QueuePage } from "./pages/letters";
import { MetricsPage } from "./pages/metrics";
import { MonthPage } from "./pages/month";
import { QuarantinePage, RefusedEventPage } from "./pages/quarantine";
import { ReceiptPage } from "./pages/receipt";
import { ReconciliationPage } from "./pages/reconciliation";
import { SettingsPage } from "./pages/settings";
import { SignInPage, type Session } from "./pages/signin";
import { Link, Loading, Trouble } from "./parts";
import { addressOf, go, replace, usePlace, type Place } from "./router";
import { preferredLanguage, preferredTheme, setLanguage, setTheme, type Theme } from "./settings";
import type { Caller, Entity, Month, MonthRow, WaitingReceipts } from "./types";
import { useWords, Words, WordsContext, type Key, type Language } from "./words";

export interface PageProps {
  entity: Entity;
  month: string;
  thing: string;
  to: (page: string, thing?: string) => string;
}

const PAGES: [string, Key][] = [
  ["month", "page.month"],
  ["work", "page.work"],
  ["invoices", "page.invoices"],
  ["cash", "page.cash"],
  ["disputes", "page.disputes"],
  ["reconciliation", "page.reconciliation"],
  ["quarantine", "page.quarantine"],
  ["letters", "page.letters"],
  ["integrations", "page.integrations"],
  ["customers", "page.customers"],
  ["metrics", "page.metrics"],
  ["policy", "page.policy"],
  ["evidence", "page.evidence"],
];

function Page(props: PageProps & { page: string }) {
  switch (props.page) {
    case "work":
      return props.thing ? <ExceptionPage {...props} /> : <WorkPage {...props} />;
    case "incidents":
      return props.thing ? <IncidentPage {...props} /> : <WorkPage {...props} />;
    case "invoices":
      return props.thing ? <InvoicePage {...props} /> : <InvoicesPage {...props} />;
    case "cash":
      return props.thing ? <ReceiptPage {...props} /> : <CashPage {...props} />;
    case "disputes":
      return <DisputesPage {...props} />;
    case "reconciliation":
      return <ReconciliationPage {...props} />;
    case "integrations":
      return <IntegrationsPage {...props} />;
    case "metrics":
      return <MetricsPage {...props} />;
    case "letters":
      return props.thing ? <QueuePage {...props} /> : <LettersPage {...props} />;
    case "quarantine":
      return props.thing ? <RefusedEventPage {...props} /> : <QuarantinePage {...props} />;
    case "customers":
      return props.thing ? <CustomerPage {...props} /> : <CustomersPage {...props} />;
    case "evidence":
      return <EvidencePage {...props} />;
    case "policy":
      return <SettingsPage {...props} />;
    default:
      return <MonthPage {...props} />;
  }
}

interface Preferences {
  language: Language;
  theme: Theme;
  setLanguage: (language: Language) => void;
  setTheme: (theme: Theme) => void;
}

function Top(props: { caller: Caller; entity: Entity; place: Place; months: MonthRow[]; leave: () => void } & Preferences) {
  const words = useWords();
  const { entity, place } = props;
  const months = [...new Set([...props.months.map((row) => row.period), place.month])].sort().reverse();
  return (
    <header class="top">
      <Link to={addressOf({ ...place, page: "month", thing: "" })} class="brand">
        <img src="/favicon.svg" alt="Billproof" /> <span aria-hidden="true">Billproof</span>
      </Link>
      <select
        aria-label={words.text("entity")}
        value={entity.id}
        onChange={(event) => go(addressOf({ entity: event.currentTarget.value, month: "", page: place.page, thing: "" }))}
      >
        {props.caller.legal_entities.map((known) => (
          <option key={known.id} value={known.id}>
            {known.name}
          </option>
        ))}
      </select>
      <select
        aria-label={words.text("month")}
        value={place.month}
        onChange={(event) => go(addressOf({ ...place, month: event.currentTarget.value, thing: "" }))}
      >
        {months.map((month) => (
          <option key={month} value={month}>
            {words.month(month)}
          </option>
        ))}
      </select>
      <span class="push" />
      <div class="own">
      <select
        aria-label={words.text("language")}
        value={props.language}
        onChange={(event) => props.setLanguage(event.currentTarget.value as Language)}
      >
        <option value="en">English</option>
        <option value="de">Deutsch</option>
      </select>
      <select
        aria-label={words.text("theme")}
        value={props.theme}
        onChange={(event) => props.setTheme(event.currentTarget.value as Theme)}
      >
        <option value="auto">{words.text("theme.auto")}</option>
        <option value="light">{words.text("theme.light")}</option>
        <option value="dark">{words.text("theme.dark")}</option>
      </select>
      <span class="who">
        <b>{entity.person || entity.acts_as}</b>
        {entity.role && `, ${entity.role.id}`}
      </span>
      <button type="button" onClick={props.leave}>
        {words.text("sign_out")}
      </button>
      </div>
    </header>
  );
}

function SignedIn(props: { leave: () => void } & Preferences) {
  const words = useWords();
  const place = usePlace();
  const caller = useRead<Caller>("/v1/me");
  const entities = caller.data?.legal_entities ?? [];
  const entity = entities.find((known) => known.id === place.entity) ?? entities[0];
  const months = useList<MonthRow>(entity ? `/v1/months?legal_entity=${encodeURIComponent(entity.id)}` : null);
  const latest = months.data?.find((row) => !row.signed_by)?.period ?? months.data?.[0]?.period;
  const month = useRead<Month>(
    entity && place.month ? `/v1/months/${encodeURIComponent(entity.id)}/${encodeURIComponent(place.month)}` : null,
  );
  const receipts = useRead<WaitingReceipts>(entity && place.month ? `/v1/cash/${encodeURIComponent(entity.id)}/waiting` : null);
  const isWhole = entity !== undefined && place.entity === entity.id && place.month !== "" && place.page !== "";
  useEffect(() => {
    if (!entity || isWhole) return;
    const wanted = (place.entity === entity.id && place.month) || latest;
    if (wanted) replace(addressOf({ entity: entity.id, month: wanted, page: place.page || "month", thing: "" }));
  }, [entity, isWhole, latest, place.month, place.page]);
  useEffect(() => document.getElementById("main")?.focus({ preventScroll: true }), [place.page, place.thing]);
  useEffect(() => {
    document.querySelector("nav.pages a[aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
  }, [place.page, isWhole, months.data]);

  if (caller.problem) {
    return (
      <div class="door">
        <main class="sheet">
          <h1>{words.text("nobody.title")}</h1>
          <Trouble problem={caller.problem} />
          <p class="lead">{words.text("nobody.lead")}</p>
          <button type="button" onClick={props.leave}>
            {words.text("sign_in_as_another")}
          </button>
        </main>
      </div>
    );
  }
  if (!caller.data || !entity) return <Loading />;
  if (months.data && !months.data.length && !place.month) {
    return (
      <div class="door">
        <main class="sheet">
          <h1>{words.text("no_months.title")}</h1>
          <p class="lead">{words.text("no_months.lead", { entity: entity.name })}</p>
          <button type="button" onClick={props.leave}>{words.text("sign_out")}</button>
        </main>
      </div>
    );
  }
  if (months.problem) return <Trouble problem={months.problem} again={months.reload} />;
  if (!isWhole) return <Loading />;
  const to = (page: string, thing = "") => addressOf({ entity: entity.id, month: place.month, page, thing });
  const waiting: Record<string, number> = {
    work: month.data?.waiting_exceptions ?? 0,
    cash: receipts.data?.receipts ?? 0,
  };
  return (
    <div class="frame">
      <a class="skip" href="#main">{words.text("skip")}</a>
      <Top caller={caller.data} entity={entity} place={place} months={months.data ?? []} {...props} />
      <nav class="pages" aria-label={words.text("pages")}>
        <ul>
          {PAGES.map(([page, key]) => (
            <li key={page}>
              <Link to={to(page)} current={place.page === page || (page === "work" && place.page === "incidents")}>
                {words.text(key)}
                {waiting[page] ? <span class="mark warn">{waiting[page]}</span> : null}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <main id="main" tabIndex={-1}>
        <div class="page" key={`${entity.id} ${place.month} ${place.page} ${place.thing}`}>
          <Page entity={entity} month={place.month} page={place.page} thing={place.thing} to={to} />
        </div>
      </main>
    </div>
  );
}

function Console() {
  const [language, chooseLanguage] = useState(preferredLanguage);
  const [theme, chooseTheme] = useState(preferredTheme);
  const [session, setSession] = useState<Session>();
  const [isOver, setOver] = useState(false);
  const words = useMemo(() => new Words(language), [language]);
  useEffect(() => setLanguage(language), [language]);
  useEffect(() => setTheme(theme), [theme]);
  const look = useCallback(async () => {
    const now = await get<Session>("/session").catch((): Session => ({ signed_in: false, name: null, by: "name", people: [] }));
    setSession((known) => (known?.signed_in && !now.signed_in ? { ...now, signed_in: true, name: known.name } : now));
    setOver((was) => !now.signed_in && (was || isIn.current));
    isIn.current = isIn.current || now.signed_in;
  }, []);
  const isIn = useRef(false);
  useEffect(() => {
    void look();
    whenSessionIsOver(() => void look());
  }, []);
  useEffect(() => {
    if (!isOver) return; // who signs in with a provider does it in another tab, and comes back
    const back = () => void look();
    addEventListener("focus", back);
    return () => removeEventListener("focus", back);
  }, [isOver]);
  const leave = () => {
    void remove<{ continue_at?: string }>("/session").then((answer) => {
      isIn.current = false;
      setSession(undefined);
      if (answer.continue_at) location.assign(answer.continue_at);
      else void look();
    });
  };
  const preferences = { language, theme, setLanguage: chooseLanguage, setTheme: chooseTheme };
  return (
    <WordsContext.Provider value={words}>
      {!session && <Loading />}
      {session?.signed_in && (
        <div inert={isOver}>
          <SignedIn key={session.name} leave={leave} {...preferences} />
        </div>
      )}
      {session && (!session.signed_in || isOver) && <SignInPage session={session} isOver={isOver} onSignedIn={look} />}
    </WordsContext.Provider>
  );
}

render(<Console />, document.getElementById("console")!);
