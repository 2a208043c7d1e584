"""Remittance advices: what a payer says that a payment pays, kept as facts that are added and never edited.

advices#<entity>
    <currency>#<amount>#<day>#<advice>      an advice of a payment of an amount

An advice is evidence and never money: a receipt is applied by it only where the books confirm every line of it.
"""

from collections.abc import Sequence
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from billproof.ids import digest
from billproof.model import Day, Model
from billproof.money import Money
from billproof.names import Name
from billproof.payments.model import ReceiptReference, refuse_fractions
from billproof.ports import Key, Record, Records
from billproof.store_keys import partition_name, sort_key

MOST_LINES = 1_000
"""Documents that one payment may be advised to pay."""


class AdvisedPayment(Model):
    """What a payment pays of the document of a number."""

    number: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    paid: Money


class RemittanceAdvice(Model):
    """What a payer says that one payment pays: its lines add up to it, each is above zero, and names another document.

    `payment` is the payer's own name of the payment, `paid_on` the day on which it says to have paid.
    """

    legal_entity: Name
    payment: ReceiptReference
    paid_on: Day
    total: Money
    lines: Annotated[tuple[AdvisedPayment, ...], Field(min_length=1, max_length=MOST_LINES)]

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        for line in self.lines:
            refuse_fractions(line.paid)
            if line.paid.amount <= 0:
                message = "what a payment pays of a document is above zero: take deductions off what is paid of another"
                raise ValueError(message)
            if line.paid.currency != self.total.currency:
                message = "a payment has one currency"
                raise ValueError(message)
        if len({line.number for line in self.lines}) != len(self.lines):
            message = "a payment names each document once"
            raise ValueError(message)
        added = Money.zero(self.total.currency).plus(line.paid for line in self.lines)
        if added != self.total:
            message = f"its lines add up to {added}, and it says {self.total}"
            raise ValueError(message)
        return self

    @property
    def id(self) -> str:
        """The same for the same advice, on every machine: `A` and 24 digits of a digest."""
        return f"A{digest(self.model_dump(mode='json'))[:24]}"


class AdviceBook:
    """Remittance advices, over records."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def add(self, advice: RemittanceAdvice) -> bool:
        """Keep an advice; False where it was kept before."""
        sort = sort_key(_amount(advice.total), advice.paid_on.isoformat(), advice.id)
        key = Key(_partition(advice.legal_entity), sort)
        return self._records.create(Record(key, advice.model_dump(mode="json")))

    def of_amount(self, entity: str, amount: Money) -> Sequence[RemittanceAdvice]:
        """Return the advices of payments of an amount to a legal entity, oldest first."""
        records = self._records.query(_partition(entity), prefix=sort_key(_amount(amount), ""))
        return [RemittanceAdvice.model_validate(record.document) for record in records]


def _amount(money: Money) -> str:
    return sort_key(money.currency, money.text)


def _partition(entity: str) -> str:
    return partition_name("advices", entity)
