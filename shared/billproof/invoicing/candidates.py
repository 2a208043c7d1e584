"""Documents that are to be released, and what one transaction writes of them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from billproof.findings import Finding
from billproof.identities import InvoiceId
from billproof.invoicing.balance import BalanceChange, Settlement
from billproof.invoicing.balances import balance_records, over_limit
from billproof.invoicing.facts import RELEASED, fact_key
from billproof.invoicing.model import BillingSlot, DocumentRef, PeriodBilling, Released
from billproof.periods import Period
from billproof.ports import TRANSACTION_LIMIT, Key, Record
from billproof.store_keys import SlotKey, partition_name


@dataclass(frozen=True, slots=True)
class Candidate:
    """A document to release, the slots that it wants for its late usage, and the largest balance that it may leave.

    Where the balance would be more it is not released; None stands for any balance.
    """

    invoice: str
    document: DocumentRef
    slots: tuple[BillingSlot, ...] = ()
    settlement: Settlement = Settlement.INVOICE
    most_left: Decimal | None = None
    held_as: str = ""
    """The fact that held it, or that it was asked for, until it is released."""

    @property
    def id(self) -> InvoiceId:
        """What it is."""
        return InvoiceId.parse(self.invoice)

    def over_limit(self, change: BalanceChange | None) -> Finding | None:
        """Return the finding of a change that leaves more than the document may leave, or None."""
        if change is None or self.most_left is None or change.left.is_zero:
            return None
        after = change.after.amount
        return (
            over_limit(self.id.account, change.left, after, self.most_left) if after.amount > self.most_left else None
        )


def records_of(release: Released, candidate: Candidate) -> Iterator[Record]:
    """Yield what is written with a release: its fact, its change of the balance, and the slots of its document."""
    before = fact_key(candidate.id, candidate.held_as) if candidate.held_as else None
    yield Record(fact_key(candidate.id, RELEASED), release.model_dump(mode="json"), before)
    yield from balance_records(release)
    for slot in slots_taken(candidate.id, candidate.slots, release.period):
        billing = PeriodBilling(**slot.model_dump(), invoice=release.invoice, number=release.number, run=release.run)
        yield Record(slot_key(candidate.id, slot), billing.model_dump(mode="json"))


def slots_taken(document: InvoiceId, wanted: tuple[BillingSlot, ...], period: Period) -> tuple[BillingSlot, ...]:
    """Return the slots that a document's release takes: an invoice's own period's is always among them."""
    own = BillingSlot(period=period.name, ordinal=0)
    if document.is_credit or any((slot.period, slot.ordinal) == (own.period, 0) for slot in wanted):
        return wanted
    return (own, *wanted)


def account_partition(entity: str, account: str) -> str:
    """Return where the billings of an account are."""
    return partition_name("account", entity, account)


def slot_key(document: InvoiceId, slot: BillingSlot) -> Key:
    """Return where a billing slot is taken."""
    return Key(account_partition(document.legal_entity, document.account), str(SlotKey(slot.period, slot.ordinal)))


def chunks(candidates: Iterable[Candidate]) -> Iterator[list[Candidate]]:
    """Cut candidates so that one transaction holds a chunk: a block of numbers, and for each what is written with it.

    No candidate has more slots than a transaction holds: planning takes at most MAX_EARLIER periods into an invoice.
    """
    chunk: list[Candidate] = []
    size = 1
    for candidate in candidates:
        records = 3 + len(candidate.slots)
        if chunk and size + records > TRANSACTION_LIMIT:
            yield chunk
            chunk, size = [], 1
        chunk.append(candidate)
        size += records
    if chunk:
        yield chunk
