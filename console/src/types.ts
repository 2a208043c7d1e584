// What the API answers, as far as the pages read it (docs/api.md).

import type { Money } from "./amounts";
import type { Equation } from "./parts";

export interface Entity {
  id: string;
  name: string;
  currency: string;
  acts_as: string;
  person: string;
  role: { id: string; limits: Record<string, string>; unlimited: boolean } | null;
}

export interface Caller {
  identity: { issuer: string; subject: string };
  legal_entities: Entity[];
}

export interface MonthRow {
  period: string;
  last_run: string;
  signed_by: string | null;
  signed_at: string | null;
}

export interface SignOff {
  signed_by: string;
  signed_at: string;
  open_points?: { variance: string; category: string; account: string; amount: Money; accepted_by: string; reason: string }[];
}

export interface Month {
  period: string;
  runs: string[];
  is_closed: boolean;
  waiting_exceptions: number;
  reconciled: { reconciled_at: string; differences: number; unsettled: number } | null;
  sign_off: SignOff | null;
}

export interface DocumentsInStatus {
  status: string;
  number: number;
  gross: Money[];
}

export interface WaitingReceipts {
  receipts: number;
}

export interface Finding {
  code: string;
  severity: string;
  account: string;
  path: string;
  message: string;
  remedy: string;
  owner: string;
  amount_at_risk: Money | null;
}

export interface Exception {
  opened: {
    id: string;
    kind: string;
    period: string;
    subject: string;
    run: string;
    requested_by: string;
    amount: Money | null;
    findings: Finding[];
    can_approve: boolean;
    opened_at: string;
  };
  status: string;
  decision: { verdict: string; decided_by: string; decided_at: string; reason: string; policy_version: number } | null;
  reminders: number;
  assignee: string | null;
  snoozed_until: string | null;
  notes: number;
}

export interface Incident {
  id: string;
  kind: "source" | "contract" | "configuration" | "integration" | "meter" | "rule";
  thing: string;
  what: string;
  says: string;
  first_bad: string | null;
  accounts: number;
  exceptions: number;
  waiting: number;
  amounts: Money[];
  unknown_amounts: number;
  clean_looked_at: number;
  clean_sharing: number;
  lift: string;
  remedy: string;
}

export interface Note {
  ordinal: number;
  kind: string;
  text: string;
  assignee: string | null;
  until: string | null;
  noted_by: string;
  noted_at: string;
}

export interface ShownException {
  state: Exception;
  may_approve: string[];
  notes: Note[];
}

export interface PolicyVersion {
  policy: {
    version: number;
    roles: { id: string; limits: Record<string, string>; unlimited: boolean }[];
    people: { id: string; name: string; role: string; email: string }[];
    thresholds: { invoice_limit: Record<string, string>; completeness_percent: string; credit_percent: string };
  };
  published_by: string | null;
  confirmed_by: string | null;
  is_in_force: boolean;
}

export interface RefusedRow {
  id: string;
  state: string;
  reason: string;
  kind: string;
  place: string;
  time: string | null;
  source: string | null;
  event: string | null;
  said: string;
}

export interface RefusedEvent extends RefusedRow {
  legal_entity: string;
  period: string;
  why: string;
  received_at: string;
  raw: string;
}

export interface InvoiceRow {
  invoice: string;
  number: string | null;
  account: string;
  status: string;
  sent: string;
  currency: string | null;
  net: string | null;
  tax: string | null;
  gross: string | null;
  findings: number;
}

export interface Taxed {
  net: Money;
  tax: Money;
  gross: Money;
}

export interface Explanation {
  contract: string;
  contract_version: number;
  price_model: string;
  steps: { label: string; quantity: string; unit_price: string; flat_fee: string; amount: string }[];
  proration: { days_covered: number; days_in_period: number } | null;
  exact_amount: string;
  rounding: string;
  note: string;
}

export interface InvoiceLine {
  priced: {
    id: string;
    account: string;
    kind: string;
    description: string;
    service_period: { start: string; end: string };
    unit: string | null;
    dimension: Record<string, string>;
    quantity: string;
    included_quantity: string;
    billed_quantity: string;
    explanation: Explanation;
  };
  amounts: Taxed;
  determination: { jurisdiction: string; treatment: string; percent: string; reason: string };
}

export interface Invoice {
  id: string;
  kind: string;
  corrects: string | null;
  buyer: { id: string; name: string; vat_number: string | null; billing_email: string };
  seller: { id: string; name: string };
  period: { start: string; end: string };
  issue_date: string;
  due_date: string;
  currency: string;
  lines: InvoiceLine[];
  tax_summary: { jurisdiction: string; treatment: string; percent: string; amounts: Taxed; reason: string }[];
  totals: Taxed;
  events: { billed: number; excluded: number; late: number };
  contracts: Record<string, number>;
  notes: string[];
}

export interface ShownInvoice {
  released: { invoice: string; number: string; account: string; run: string; issue_date: string; document: { digest: string } };
  status: string;
  invoice: Invoice;
  delivery_problems: { kind: string; reason: string }[];
}

export interface Proof {
  holds: boolean;
  proof: {
    checked: Record<string, number>;
    differences: { kind: string; where: string; stated: string; proved: string }[];
  };
}

export interface TrailFinding {
  kind: string;
  where: string;
  message: string;
}

export interface VerifiedDays {
  first: string;
  last: string;
  records: number;
  anchors: number;
  facts: number;
  objects: number;
  unconfirmed: number;
  not_compared: number;
  findings: TrailFinding[];
  unlisted: number;
  undecided: string[];
  done: number;
  parts: number;
  next: string | null;
}

export interface UsageEvent {
  source: string;
  id: string;
  type: string;
  time: string;
  verdict: string;
}

export interface Receipt {
  id: string;
  receipt: {
    legal_entity: string;
    channel: string;
    source: string;
    reference: string;
    amount: Money;
    booked_on: string;
    payer: { name: string | null; account: string | null };
    structured: string | null;
    remittance: string;
  };
  status: string;
  account: string | null;
  proposed: string | null;
  applied: Money;
  unapplied: Money;
}

export interface Match {
  outcome: string;
  rule: string;
  confidence: string;
  account: string | null;
  allocations: { number: string; paid: Money; conversion?: { received: Money } }[];
  evidence: string[];
  others: Match[];
}

export interface ShownReceipt {
  state: Receipt;
  uses: {
    ordinal: number;
    kind: string;
    day: string;
    account: string | null;
    match: Match | null;
    settlements: { allocation: { number: string; paid: Money } }[];
    amount: Money | null;
    decided_by: string;
    reason: string;
  }[];
}

export interface Dispute {
  account: string;
  status: string;
  opened: {
    ordinal: number;
    number: string;
    evidence: { invoice: string; line: string | null };
    net: Money | null;
    amount: Money;
    cause: string;
    owner: string;
    deadline: string;
    opened_on: string;
    opened_by: string;
    reason: string;
  };
  decisions: { ordinal: number; verdict: string; amount: Money; credit: string; day: string; decided_by: string; reason: string }[];
}

export interface Balanced {
  balances: boolean;
  statement: { equations: Equation[] };
}

export interface Aged {
  currency: string;
  buckets: Record<string, Money>;
  open: Money;
  disputed: Money;
  unapplied: Money;
}

export interface Ageing {
  on: string;
  customers: { account: string; balances: Aged[] }[];
  totals: Aged[];
}

export interface StatedDocument {
  number: string;
  issued: string;
  due: string;
  gross: Money;
  credited: Money;
  written_off: Money;
  given_up: Money;
  paid: Money;
  open: Money;
  disputed: Money;
  days_overdue: number;
}

export interface AccountStatement {
  account: string;
  name: string;
  on: string;
  currencies: {
    currency: string;
    documents: StatedDocument[];
    receipts: { receipt: string; booked_on: string; amount: Money; pays: { number: string; amount: Money }[]; unapplied: Money }[];
    aged: Aged;
    balance: Money;
    to_pay: Money;
  }[];
}

export interface AccountRow {
  account: string;
  name: string;
  country: string;
  currency: string | null;
}

export interface Variance {
  id: string;
  cause: string;
  category: string;
  invoice: string;
  external_reference: string;
  invoiced: Money;
  posted: Money;
  owner: string;
  remedy: string;
  billing_account: string;
  amount: Money | null;
  since: string | null;
  age_days: number;
}

export interface Reconciliation {
  currency: string;
  invoices: number;
  postings: number;
  invoiced: Taxed;
  posted_receivable: Money;
  variances: Variance[];
  unsettled?: Variance[];
  reconciled_at?: string;
}
