"""The bridge: a life, played on the whole of billproof, and its answers in the form of the reference model.

Master data is published, usage arrives, months are billed, held invoices are approved, documents are posted, credit
notes are requested and approved, in the order of their instants. No control holds anything by its size, and no tax is
due. What is negative is held, and approved. `Product` answers what `model.py` answers, from documents alone:

    gross      the lines of a slot, with their differences      drawn    what lines of credits pay
    net        gross less discounts and caps                    payable  net less what was conceded and drawn
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from billproof.approvals.policy import Policy
from billproof.contracts.model import Contract
from billproof.erp.recognition import recognize_month
from billproof.errors import BillproofError
from billproof.findings import Finding
from billproof.invoicing.model import Invoice
from billproof.ledger.model import JournalEntry
from billproof.masterdata.meters import Meter
from billproof.masterdata.parties import Account as BilledAccount
from billproof.masterdata.parties import LegalEntity
from billproof.pipeline.previewing import preview
from billproof_ops.demo import story
from tests.reference.bridge_lines import Part, Reader, amounts_of
from tests.reference.bridge_notes import bills_of, is_by_days, requests_of
from tests.reference.figures import Document
from tests.reference.usage import instant
from tests.support.held import release_as_held
from tests.support.world import INC, World

ZERO = Decimal(0)
NEGATIVE = {"negative_invoice", "credit_ratio"}
"""Why an invoice is held that takes back more than it bills."""
WIDE_OPEN = {"credit_percent": "100000", "usage_drop_percent": "100", "usage_spike_percent": "100000"}
"""Thresholds by which no control holds anything because of its size."""


class NotAnsweredError(Exception):
    """The product refuses or holds what the reference model bills, or does not know the question."""


@dataclass(frozen=True)
class Issued:
    """The invoices of a run, with what previews said just before, or a credit note, with whether it is billed again."""

    month: str
    at: datetime
    parts: tuple[Part, ...]
    documents: tuple[Invoice, ...] = ()
    note: str | None = None
    rebill: bool = False
    previewed: dict[str, Invoice] = field(default_factory=dict)
    to_pay: Decimal = ZERO
    balance: Decimal = ZERO
    """What the documents add to what the customer owes, and what is left of the customer's balance after them."""


@dataclass
class Player:
    """Plays a life on a world of its own; with `previews`, asks before each run what it will bill."""

    life: Document
    previews: bool = False
    recognizes: bool = False
    state: str = "IL"
    """Where the account is: Illinois, where nothing is due, or New York, where tax is."""
    world: World = field(default_factory=lambda: World(master_data=False))
    issued: list[Issued] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Publish all that is known from the first."""
        usage = [(instant(event["received"]), place, event) for place, event in enumerate(self.life["usage"])]
        self._usage = sorted(usage, key=lambda each: (each[0], each[2].get("place", each[1])))
        self._versions = sorted(
            (entry for entry in self.life["contracts"] if entry.get("published") is not None),
            key=lambda entry: instant(entry["published"]),
        )
        self._reader = Reader(self.life)
        happened = [instant(run["at"]) for run in self.life["runs"]]
        happened += [at for at, _, _ in self._usage]
        self.world.moment = min(happened) - timedelta(days=1)
        self._publish()

    def _publish(self) -> None:
        parties = story.master_data()
        first = self.life["contracts"][0]["terms"]
        accounts = {"revenue": self._revenue_accounts(), "customer_balance": "2300"}
        chart = parties.legal_entities[0].chart_of_accounts.model_copy(update=accounts)
        entity = {
            "currency": first["currency"],
            "time_zone": first["time_zone"],
            "rounding": self.life.get("rounding", "half_up"),
            "bills_from": min(entry["terms"]["effective"]["start"] for entry in self.life["contracts"]),
            "tax_registrations": () if self.state == "IL" else parties.legal_entities[0].tax_registrations,
            "chart_of_accounts": chart.model_dump(),
            "balance_limits": {first["currency"]: "1000000000"},
            "gateways": (),
        }
        self._currency, self._time_zone = first["currency"], first["time_zone"]
        self._others = {chart.receivable, chart.tax_payable, "2300"}
        self.world.publish(LegalEntity.model_validate(parties.legal_entities[0].model_dump() | entity))
        self.world.publish(Policy.model_validate(parties.policies[0].model_dump() | {"thresholds": WIDE_OPEN}))
        members = {entry["id"]: entry.get("parent") for entry in self.life.get("accounts") or ()}
        members = {entry["terms"]["account"]: None for entry in self.life["contracts"]} | members
        places = {account.address.region: account for account in reversed(parties.accounts)}
        like = places[self.state].model_dump()
        for name, parent in sorted(members.items(), key=lambda member: member[1] is not None):
            self.world.publish(BilledAccount.model_validate(like | {"id": name, "name": name, "parent": parent}))
        self._payers = [name for name, parent in members.items() if parent is None]
        self.world.publish(*(Meter.model_validate(meter) for meter in self.life["meters"]))
        known = [entry["terms"] for entry in self.life["contracts"] if entry.get("published") is None]
        self._publish_contracts(known)

    def _revenue_accounts(self) -> dict[str, str]:
        terms = [entry["terms"] for entry in self.life["contracts"]]
        named = [each for version in terms for each in (*version["charges"], *(version.get("commitments") or ()))]
        return {each["revenue_category"]: "4000" for each in named}

    def _publish_contracts(self, terms: Iterable[Document]) -> None:
        try:
            self.world.publish(*(Contract.model_validate(each) for each in terms))
        except ValidationError as error:
            message = f"the contract is refused: {error.errors()[0]['loc']} {error.errors()[0]['msg']}"
            raise NotAnsweredError(message) from None

    def play(self, until: datetime | None = None) -> None:
        """Let everything happen up to an instant: a credit note before a run of the same instant."""
        happens = [(instant(run["at"]), 1, run) for run in self.life["runs"]]
        happens += [(instant(note["issued"]), 0, note) for note in self.life.get("credit_notes") or ()]
        for at, is_run, what in sorted(happens, key=lambda each: each[:2]):
            if until is not None and at > until:
                break
            self._advance(at)
            if is_run:
                self._run(what["month"], at)
            else:
                self._credit(what, at)

    def _advance(self, at: datetime) -> None:
        """Take in what was published and what arrived up to an instant."""
        while self._versions and instant(self._versions[0]["published"]) <= at:
            self._publish_contracts([self._versions.pop(0)["terms"]])
        while self._usage and self._usage[0][0] <= at:
            arrived = self._usage[0][0]
            together = [event for received, _, event in self._usage if received == arrived]
            self._usage = self._usage[len(together) :]
            self.world.moment = max(self.world.moment, arrived)
            taken = self.world.ingest([_cloud_event(event) for event in together])
            if taken.accepted != len(together):
                message = f"usage is refused: {taken}"
                raise NotAnsweredError(message)
        self.world.moment = max(self.world.moment, at)

    def _run(self, month: str, at: datetime) -> None:
        previewed = self._previewed(month) if self.previews else {}
        statement = self.world.bill(period=month)
        blocking = [each for each in statement.findings if each.severity == "blocking"]
        parts: list[Part] = []
        invoices: list[Invoice] = []
        for payer in self._payers:
            name = f"{INC}.{month}.{payer}"
            held = [each for each in blocking if each.account == payer]
            if self.world.register.released(name) is None:
                if held:
                    self._release(statement.run, payer, held)
                else:
                    continue
            invoices.append(self.world.invoice(name))
            self.world.post(name)
            parts += self._reader.parts(name, invoices[-1])
        to_pay, balance = self._settled([invoice.id for invoice in invoices])
        issued = Issued(month, at, tuple(parts), tuple(invoices), previewed=previewed, to_pay=to_pay, balance=balance)
        self.issued.append(issued)
        if self.recognizes:
            recognize_month(
                legal_entity=INC,
                month=month,
                directory=self.world.directory,
                register=self.world.register,
                objects=self.world.objects,
                erps=self.world.erps,
            )

    def _settled(self, documents: Iterable[str]) -> tuple[Decimal, Decimal]:
        """Return what documents leave to pay, and the balance that customers have after them."""
        released = [self.world.register.released(document) for document in documents]
        to_pay = sum((each.receivable.amount.amount for each in released if each is not None), ZERO)
        changes = [self.world.register.balances.last(INC, payer, self._currency) for payer in self._payers]
        return to_pay, sum((change.after.amount.amount for change in changes if change is not None), ZERO)

    def _release(self, run: str, account: str, findings: list[Finding]) -> None:
        """Release what is held because it is negative, as it is: what becomes of it then is not asked here."""
        if not {each.code for each in findings} <= NEGATIVE:
            message = f"{run} is held: " + "; ".join(f"{each.code}: {each.message}" for each in findings)
            raise NotAnsweredError(message)
        assert release_as_held(self.world, run, account).released is not None

    def _previewed(self, month: str) -> dict[str, Invoice]:
        found = preview(
            legal_entity=INC, period=month, accounts=(), sources=self.world.preview_sources(), now=self.world.now()
        )
        return {each.account: each.invoice for each in found if each.invoice is not None}

    def _credit(self, note: Document, at: datetime) -> None:
        """Ask for what a credit note gives back: of the lines of its slot, no more than is left of each document's."""
        slot = self._reader.slot_of(note, self.life)
        parts = [part for issued in self.issued for part in issued.parts if part.slot == slot]
        rest = sum((part.net for part in parts), ZERO)
        if note.get("amount") is not None:
            rest = min(rest, Decimal(note["amount"]))
        given: list[Part] = []
        documents: list[Invoice] = []
        for number, each in enumerate(bills_of(parts, note)):
            for further, terms in enumerate(requests_of(note, each, rest)):
                request = f"note-{len(self.issued)}-{number}-{further}"
                try:
                    documents.append(self._take_back(each[0].invoice, request, **terms))
                except NotAnsweredError as error:
                    if is_by_days(note, str(error)):
                        continue
                    raise
                taken = self._reader.parts(each[0].invoice, documents[-1])
                given += taken
                rest += sum((part.net for part in taken), ZERO)
                break
        month, rebill = self._issue_month(documents, at), bool(note.get("rebill"))
        to_pay, balance = self._settled([document.id for document in documents])
        issued = Issued(month, at, tuple(given), tuple(documents), note["id"], rebill, to_pay=to_pay, balance=balance)
        self.issued.append(issued)

    def _issue_month(self, documents: list[Invoice], at: datetime) -> str:
        """Return the month in which credit notes say that they are issued; where none was, that of the instant."""
        day = documents[-1].issue_date if documents else at.astimezone(ZoneInfo(self._time_zone)).date()
        return f"{day:%Y-%m}"

    def _take_back(self, name: str, request: str, **terms: object) -> Invoice:
        try:
            return self.world.credit_and_approve(name, request, to_balance=True, **terms)
        except (BillproofError, ValidationError) as error:
            message = f"a credit note of {terms or 'all'} on {name} is refused: {error}"
            raise NotAnsweredError(message) from None

    def credit_everything(self, *, newest_first: bool = False) -> None:
        """Take back all that is left of every invoice, the oldest first or the newest."""
        at = max(each.at for each in self.issued)
        for number, each in enumerate(self.issued[::-1] if newest_first else list(self.issued)):
            for invoice in each.documents:
                parts = [part for issued in self.issued for part in issued.parts if part.invoice == invoice.id]
                if all(not amounts.net and not amounts.money for amounts in amounts_of(parts).values()):
                    continue
                try:
                    credit = self._take_back(invoice.id, f"all-{number}")
                except NotAnsweredError as error:
                    if "nothing is left" in str(error):  # a later difference took back what was billed
                        continue
                    raise
                found = tuple(self._reader.parts(invoice.id, credit))
                month = self._issue_month([credit], at)
                self.issued.append(Issued(month, at, found, (credit,), note=f"all of {invoice.id}"))

    def booked_revenue(self) -> Decimal:
        """Return what is booked as revenue or still deferred in the embedded ledger: nothing once all is taken back."""
        found = ZERO
        for key, document in self.world.records["ledger"].items.items():
            if key.partition.startswith("documents#"):
                lines = JournalEntry.model_validate(document).lines
                found -= sum((line.amount.amount for line in lines if line.account not in self._others), ZERO)
        return found


def _cloud_event(event: Document) -> Document:
    taken = ("source", "id", "subject", "type", "time", "data", "corrects", "retracts")
    return {"specversion": "1.0", **{name: event[name] for name in taken if name in event}}
