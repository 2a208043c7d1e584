"""The life of an invoice, account or run, as the chain recorded it: in the order of time, in plain words."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from billproof.audit.index import AuditIndex, RecordedEntry
from billproof.audit.model import ADOPTED, ERASED, OBJECTS
from billproof.decision_keys import ActionKey
from billproof.errors import NotFound
from billproof.identities import InvoiceId, RunId
from billproof.model import Model
from billproof.ports import Key, Records
from billproof.store_keys import ExceptionFactKey, FactKey, FactName, ObjectKey, PartitionName, RunKey

WORDS = {
    "released": "is released as {number}",
    "held": "is held",
    "posting": "is to be posted in {erp}",
    "declared": "its tax is declared to the tax engine",
    "posted": "the ERP confirms the posting: {outcome}",
    "delivered": "is delivered",
    "resent": "is sent again",
    "accrued": "what a month earned of it is accrued",
    "opened": "an exception is raised, asked for by {requested_by}",
    "token": "waits for a person",
    "decided": "is {verdict} by {decided_by} under version {policy_version} of the policy: {reason}",
    "note": "{noted_by} notes ({kind}): {text}",
    "closed": "the run is closed",
    "profile": "the account is published",
    "contract": "a contract is published",
    "runs": "the run is asked for by {requested_by}",
    "signed-off": "the month is signed off by {signed_by}",
    "sign-offs": "{signed_by} decides to sign the month off",
    "receipt-decisions": "{decided_by} decides about a receipt: {verdict}: {reason}",
    "journal": "is listed in the journal of its month",
    "documents": "is in the embedded ledger",
    "numbers": "the numbers from {first} on are taken",
    "openings": "what was taken over from another system: {first_period} is the first period that is billed",
    "balance": "the customer's balance changes by {change}",
    "account": "bills usage of a period",
    "members": "belongs to its legal entity",
    "asked": "{asked_by} asks for {action}; before it: {before}",
    "done": "{action} is done: {after}",
}
"""What a fact says, by its kind; in braces the fields of the fact as it is stored."""
STEPS = {"usage": "usage is recorded", "invoices": "the document is stored", "documents": "the PDF is stored"}
"""What an object says, by its folder."""

type Meant = Callable[[RecordedEntry], bool]


class AuditEvent(Model):
    """One thing that happened, and where it is recorded."""

    at: str
    what: str
    store: str
    place: tuple[str, ...]
    by: str
    function: str
    request: str
    chain: str
    sequence: int
    before: tuple[str, ...] = ()
    """Where the fact is that was in force until then; of an object that was written again, its record of before."""

    @property
    def record(self) -> str:
        """Name its record."""
        return f"{self.chain} record {self.sequence}"


@dataclass(frozen=True)
class LifeStory:
    """Tells what is recorded of one subject."""

    index: AuditIndex
    facts: Mapping[str, Records]

    def of(self, name: str, *, number: str = "") -> list[AuditEvent]:
        """Return what happened to an invoice, account or run, oldest first; raises NotFound where nothing did.

        Of a queue, a refused event and an endpoint it is what people made happen with it once more.
        `number` is that of a released invoice: what the ledger and the documents are named by.
        """
        is_meant = _meant(name, number)
        recorded = [
            one for those in self.index.entries.values() for one in those if is_meant(one) or _is_action_on(name, one)
        ]
        recorded += [one for one in self.index.erased if one.entry.subject == name]
        if not recorded:
            message = "the audit chain knows no such invoice, account or run"
            raise NotFound(message)
        recorded.sort(key=lambda one: (one.block.at, one.block.chain, one.block.sequence))
        return list(self._events(recorded))

    def _events(self, recorded: Iterable[RecordedEntry]) -> Iterator[AuditEvent]:
        for one in recorded:
            yield AuditEvent(
                at=one.block.at,
                what=self._said(one),
                store=one.entry.store,
                place=one.entry.place,
                by=one.entry.by,
                function=one.block.function,
                request=one.block.request,
                chain=one.block.chain,
                sequence=one.block.sequence,
                before=one.entry.before or self._written_before(one),
            )

    def _written_before(self, one: RecordedEntry) -> tuple[str, ...]:
        """Return the object and its last record that has other content, where one was written again."""
        if one.entry.store != OBJECTS or one.entry.what == ERASED:
            return ()
        recorded = self.index.entries[one.entry.name]
        others = [other for other in recorded[: recorded.index(one)] if other.entry.digest != one.entry.digest]
        return (*one.entry.place, others[-1].where) if others else ()

    def _said(self, one: RecordedEntry) -> str:
        entry = one.entry
        if entry.what == ERASED:
            return f"is erased by {entry.by}: {entry.why}"
        if entry.store == OBJECTS:
            folder = ObjectKey.parse(entry.place[0]).folder
            said = STEPS.get(folder, f"{entry.place[0]} is written")
        else:
            stored = self.facts[entry.store].get(Key(*entry.place)) if entry.store in self.facts else None
            said = _filled(WORDS.get(kind_of_fact(entry.place), f"{' '.join(entry.place)} is written"), stored)
        return f"{said} (adopted by {entry.by}: {entry.why})" if entry.what == ADOPTED else said


def kind_of_fact(place: tuple[str, ...]) -> str:
    """Return the kind of a fact: what is said of an invoice, an exception or a run, or what its partition holds."""
    name = PartitionName.parse(place[0])
    match name.kind, len(name.parts):
        case "invoices", _:
            return FactName.parse(FactKey.parse(place[1]).fact).kind
        case "exceptions", _:
            return FactName.parse(ExceptionFactKey.parse(place[1]).fact).kind
        case "runs", _:
            return RunKey.parse(place[1]).fact or name.kind
        case "operator-actions", _:
            return ActionKey.parse(place[1]).fact
        case "account", 1:
            return FactKey.parse(place[1]).subject
        case _:
            return name.kind


def _filled(words: str, stored: Any) -> str:
    class _Fields(dict[str, str]):
        def __missing__(self, field: str) -> str:
            return f"({field} is not known)"

    return words.format_map(_Fields({name: _shown(value) for name, value in (stored or {}).items()}))


def _shown(value: Any) -> str:
    if isinstance(value, dict) and value.keys() == {"amount", "currency"}:
        return f"{value['amount']} {value['currency']}"
    return str(value)


def _meant(name: str, number: str) -> Meant:
    """Return what tells the entries of a run, an invoice or an account, by the form of its name."""
    try:
        return _of_run(RunId.parse(name))
    except NotFound:
        pass
    try:
        return _of_invoice(InvoiceId.parse(name), number)
    except NotFound:
        return _of_account(name)


def _is_action_on(name: str, one: RecordedEntry) -> bool:
    """Say whether an entry is of what a person made happen with something once more."""
    entry = one.entry
    if entry.store == OBJECTS or PartitionName.parse(entry.place[0]).kind != "operator-actions":
        return False
    return ActionKey.parse(entry.place[1]).subject == name


def _of_run(run: RunId) -> Meant:
    def is_meant(one: RecordedEntry) -> bool:
        entry = one.entry
        if entry.store == OBJECTS:
            key = ObjectKey.parse(entry.place[0])
            return key.folder == "runs" and key.parts[0] == str(run)
        name = PartitionName.parse(entry.place[0])
        if name.kind == "runs" and name.parts == (run.legal_entity, run.period):
            return RunKey.parse(entry.place[1]).ordinal == run.ordinal
        is_exception = name.kind == "exceptions" and name.parts == (run.legal_entity, run.period)
        return is_exception and ExceptionFactKey.parse(entry.place[1]).is_of_run(run.ordinal)

    return is_meant


def _of_invoice(invoice: InvoiceId, number: str) -> Meant:
    def is_meant(one: RecordedEntry) -> bool:
        entry = one.entry
        if entry.store == OBJECTS:
            key = ObjectKey.parse(entry.place[0])
            mine = ("invoices", invoice.legal_entity, invoice.period, invoice.subject)
            return (key.folder, *key.parts[:3]) == mine or (bool(number) and key.parts[-1] == f"{number}.pdf")
        name = PartitionName.parse(entry.place[0])
        if name.kind in {"invoices", "exceptions"} and name.parts[:2] == (invoice.legal_entity, invoice.period):
            return FactKey.parse(entry.place[1]).subject == invoice.subject
        return bool(number) and entry.store == "ledger" and entry.place[1] == number

    return is_meant


def _of_account(account: str) -> Meant:
    def is_meant(one: RecordedEntry) -> bool:
        entry = one.entry
        return entry.subject == account or account in ObjectKey.parse(entry.place[0]).parts

    return is_meant
