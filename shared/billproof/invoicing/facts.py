"""The facts of an invoice or credit note, where each is stored, and what they say together.

invoices#<entity>#<period>#<shard>
<account>#released              the number and the document's digest
<account>#held#<run>            why a run held it back
<account>#posting               the intent to post, with what will be posted
<account>#declared              the tax is committed to the external tax engine
<account>#posted                the ERP confirmed it
<account>#delivered             its PDF is kept, and was mailed where it is to be
<account>#resent#<nnn>          it was mailed again, to an address that is right now
<account>#link#<digest>         a link to its page was given; unlinked#<nnn>: a person revoked those until then
<account>#accrued#<month>       what a month accrued of it while it waited
<account>#bounced#<mail>        its mail did not arrive; refused, rejected, complained and unfit likewise
<account>~<nn>#...              the same of the nn-th credit note or write-off of that invoice
<account>~<nn>#held#001         the request for it, as drafted
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import Any

from billproof.identities import InvoiceId, RunId
from billproof.ids import shard_of
from billproof.invoicing.held import HeldInvoice, RequestedCredit
from billproof.invoicing.model import InvoiceStatus, Released
from billproof.ports import Key, Record
from billproof.store_keys import FactKey, FactName, ordinal_text, partition_name

REGISTER_SHARDS = 8
"""Partitions for the invoices of one legal entity and period."""

RELEASED, HELD, POSTING, POSTED, DELIVERED = "released", "held", "posting", "posted", "delivered"
DECLARED, ACCRUED, RESENT = "declared", "accrued", "resent"
LINK, UNLINKED = "link", "unlinked"
CREDIT_REQUESTED = str(FactName(HELD, ordinal_text(1)))
"""The fact that takes a credit note's place among those of its invoice: of two requests at once one is given it."""


FOLLOWS = {POSTING: RELEASED, POSTED: POSTING, DECLARED: RELEASED, DELIVERED: RELEASED}
"""What an invoice was until a fact of it, where there always is such a fact."""


def held_by(run: str) -> str:
    """Name the fact that a run held an invoice."""
    return str(FactName(HELD, run))


def accrued_in(month: str) -> str:
    """Name the fact of what a month accrued of an invoice that waits."""
    return str(FactName(ACCRUED, month))


def resent_as(ordinal: int) -> str:
    """Name the fact that a document was sent again, by the number of the sending."""
    return str(FactName(RESENT, ordinal_text(ordinal)))


def fact_key(document: InvoiceId, fact: str) -> Key:
    """Return where a fact of an invoice or credit note is: a credit note's lie beside its invoice's."""
    return Key(facts_partition(document), str(FactKey(document.subject, fact)))


def facts_partition(document: InvoiceId) -> str:
    """Return where the facts of an invoice and its credit notes are."""
    shard = shard_of(document.invoice.subject, REGISTER_SHARDS)
    return shard_partition(document.legal_entity, document.period, shard)


def shard_partition(entity: str, period: str, shard: int) -> str:
    """Return one of the partitions of the documents of a legal entity and period."""
    return partition_name("invoices", entity, period, str(shard))


class Sent(StrEnum):
    """Whether the customer was sent a document, or its PDF is only kept."""

    YES = "yes"
    KEPT = "kept"
    NO = "no"


@dataclass(frozen=True, slots=True)
class InvoiceFacts:
    """Everything the register knows of one invoice or credit note."""

    id: InvoiceId
    facts: dict[str, Any]

    @property
    def account(self) -> str:
        """The account of an invoice, such as `UA`; of a credit note with its ordinal, such as `UA~01`."""
        return self.id.subject

    @property
    def released(self) -> Released | None:
        """The release, if there was one."""
        fact = self.facts.get(RELEASED)
        return Released.model_validate(fact) if fact else None

    @property
    def request(self) -> RequestedCredit | None:
        """What was asked for, where it is a credit note or write-off."""
        fact = self.facts.get(CREDIT_REQUESTED) if self.id.is_credit else None
        return RequestedCredit.model_validate(fact) if fact else None

    @property
    def held(self) -> HeldInvoice | RequestedCredit | None:
        """Why it is not released: the last run that held the invoice, or the request for a credit note."""
        if RELEASED in self.facts:
            return None
        if self.id.is_credit:
            return self.request
        held = [HeldInvoice.model_validate(self.facts[name]) for name in self.names(HELD)]
        return max(held, key=lambda invoice: RunId.parse(invoice.run).ordinal, default=None)

    def names(self, *kinds: str) -> list[str]:
        """Return the names of its facts of some kinds, in order."""
        return [name for name in sorted(self.facts) if FactName.parse(name).kind in kinds]

    @property
    def status(self) -> InvoiceStatus:
        """Where the invoice stands."""
        if POSTED in self.facts:
            return InvoiceStatus.POSTED
        return InvoiceStatus.RELEASED if RELEASED in self.facts else InvoiceStatus.HELD

    @property
    def is_delivered(self) -> bool:
        """Whether its PDF is there, and was sent where it is to be sent."""
        return DELIVERED in self.facts

    @property
    def sent(self) -> Sent:
        """Whether the customer was sent it: an invoice of nothing is kept, and so is any where no sender is set."""
        if not self.is_delivered:
            return Sent.NO
        return Sent.YES if self.facts[DELIVERED]["mailed_to"] else Sent.KEPT


def by_document(legal_entity: str, period: str, records: Iterable[Record]) -> Iterator[InvoiceFacts]:
    """Yield the facts of each document of a partition together; its records come in the order of their keys."""
    keyed = ((FactKey.parse(record.key.sort), record.document) for record in records)
    for subject, of_document in groupby(keyed, key=lambda pair: pair[0].subject):
        facts = {key.fact: document for key, document in of_document}
        yield InvoiceFacts(InvoiceId.of_subject(legal_entity, period, subject), facts)
