"""Bank statements: what a bank booked on an account between two balances, and which receipts that brings.

A statement adds up or it is refused: opening + entries = closing, to the unit. A notification (CAMT.054) tells of
entries before their statement does, and has no balances. How statements follow each other is in continuity.py.
"""

import operator
from collections import Counter
from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import Field, StringConstraints, ValidationError, model_validator

from billproof.errors import InvalidInput
from billproof.ids import digest
from billproof.model import Day, Flag, Model, what_is_wrong
from billproof.money import Money
from billproof.names import Currency
from billproof.payments.model import BankRate, CashReceipt, Channel, Payer

MOST_ENTRIES = 100_000
"""How many entries a statement may have."""
MOST_TEXT = 65_536
RECEIPT_TEXT = 4_096
"""How long the text of an entry may be, and that of a receipt: a batch has the texts of all of its payments."""

Place = Annotated[int, Field(strict=True, ge=1, lt=10**18)]
Short = Annotated[str, StringConstraints(min_length=1, max_length=64, strip_whitespace=True)]


class MovementKind(StrEnum):
    """What an entry is to the account."""

    CREDIT = "credit"
    """Money arrived."""
    DEBIT = "debit"
    """Money left."""
    REVERSAL = "reversal"
    """A credit was taken back: money that had arrived was returned."""
    DEBIT_REVERSAL = "debit_reversal"
    """A debit was taken back: money that had left returned. It is no customer's payment."""


ARRIVES = {MovementKind.CREDIT, MovementKind.DEBIT_REVERSAL}


class StatementEntry(Model):
    """One movement, as the bank booked it: `amount` is below zero where money left.

    `reference` is the bank's own. `party` is the other side: who paid, or who was paid. `remittance` is the text that
    came along, whole: parts that the file cuts it into are lines of it. `original` is what the payer sent where that
    is another amount or currency, `charges` what banks kept as they say it. `in_batch` says that the bank booked it
    together with others, as one. `end_to_end` is the id that who paid gave the payment, `bank_rate` the rate at which
    the bank converted it, as it says.
    """

    amount: Money
    kind: MovementKind
    booked_on: Day
    value_on: Day
    reference: Annotated[str, StringConstraints(min_length=1, max_length=140)] | None = None
    party: Payer = Field(default_factory=Payer)
    structured: Annotated[str, StringConstraints(max_length=35)] | None = None
    remittance: Annotated[str, StringConstraints(max_length=MOST_TEXT)] = ""
    end_to_end: Annotated[str, StringConstraints(max_length=140)] | None = None
    charges: Money | None = None
    original: Money | None = None
    bank_rate: BankRate | None = Field(default=None, exclude_if=operator.not_)
    in_batch: Flag = False

    @model_validator(mode="after")
    def _has_the_sign_of_its_kind(self) -> Self:
        amount = self.amount.amount
        if (amount < 0) if self.kind in ARRIVES else (amount > 0):
            message = f"a {self.kind.value} has the other sign"
            raise ValueError(message)
        return self


class BankStatement(Model):
    """What a bank booked on an account from a day to a day; both balances, or none where it is a notification.

    `account` is an IBAN or the bank's number. `bank_id` is the bank's name of the statement, `number` its place in the
    bank's order, and `page` which part of that it is where the bank sends a statement in parts.
    """

    account: Short
    currency: Currency
    bank_id: Short | None = None
    number: Place | None = None
    page: Place | None = None
    starts_on: Day
    ends_on: Day
    opening: Money | None = None
    closing: Money | None = None
    entries: Annotated[tuple[StatementEntry, ...], Field(max_length=MOST_ENTRIES)] = ()

    @classmethod
    def of(cls, **fields: Any) -> "BankStatement":
        """Make a statement; raises InvalidInput with what is wrong, and with both figures where it does not add up."""
        try:
            return cls(**fields)
        except ValidationError as error:
            raise InvalidInput(what_is_wrong(error)) from None

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        for problem in _problems(self):
            raise ValueError(problem)
        return self

    @property
    def is_notification(self) -> bool:
        """Whether it only tells of entries: their statement comes later."""
        return self.opening is None

    @property
    def content_digest(self) -> str:
        """The same for the same statement, however often, in which file and under which name the bank sends it.

        Rates of banks were not read before: a statement of then is the same one.
        """
        return digest(self.model_dump(mode="json", exclude={"bank_id": True, "entries": {"__all__": {"bank_rate"}}}))

    @property
    def id(self) -> str:
        """Our name of it. Banks give one name to many statements."""
        return statement_id(self.content_digest)

    @property
    def first_day(self) -> str | None:
        """The digest of the entries of the first day, in any order; None where there are none."""
        return self._entries_of(self.starts_on)

    @property
    def last_day(self) -> str | None:
        """The digest of the entries of the last day, in any order; None where there are none."""
        return self._entries_of(self.ends_on)

    def _entries_of(self, day: date) -> str | None:
        booked = (entry for entry in self.entries if entry.booked_on == day)
        digests = sorted(digest(entry.model_dump(mode="json", exclude={"bank_rate"})) for entry in booked)
        return digest(digests) if digests else None


def statement_id(content_digest: str) -> str:
    """Name a statement by the digest of its content: `S` and 24 digits of it."""
    return f"S{content_digest[:24]}"


def _problems(statement: BankStatement) -> Iterator[str]:
    """Say what is wrong with a statement, the first first."""
    opening, closing = statement.opening, statement.closing
    if (opening is None) != (closing is None):
        yield "a statement has both balances, a notification none"
        return
    if statement.starts_on > statement.ends_on:
        yield "it ends before it starts"
    for place, entry in enumerate(statement.entries, start=1):
        if entry.amount.currency != statement.currency:
            yield f"entry {place} is in another currency than the statement"
            return
        if not statement.starts_on <= entry.booked_on <= statement.ends_on:
            yield f"entry {place} is booked on a day that is not within the statement"
    if opening is None or closing is None:
        return
    if {opening.currency, closing.currency} != {statement.currency}:
        yield "a balance is in another currency than the statement"
        return
    reached = opening.plus(entry.amount for entry in statement.entries)
    if reached != closing:
        yield f"opening {opening.text} and the entries make {reached.text}, and closing is {closing}"


def entry_reference(statement: str, place: int) -> str:
    """Name an entry that has no reference of its own: by the id of its statement and its place there, from 1 on."""
    return f"{statement}/{place}"


def receipts(statement: BankStatement, legal_entity: str) -> list[CashReceipt]:
    """Return the money that arrived: one receipt for each credit.

    A receipt is called by the bank's own reference where no other credit of the statement has it, else by the statement
    and the entry's place. Of a notification come only credits with a reference of their own, as they are told again in
    the statement: one that could not be told apart there is left to it.
    """
    references = Counter(entry.reference for entry in statement.entries if entry.kind is MovementKind.CREDIT)
    ours = statement.id  # once: it is a digest of all of it
    whose = {"legal_entity": legal_entity, "source": statement.account, "statement": ours}
    arrived = []
    for place, entry in enumerate(statement.entries, start=1):
        if entry.kind is not MovementKind.CREDIT or entry.amount.is_zero:
            continue
        reference = entry.reference if entry.reference and references[entry.reference] == 1 else None
        if statement.is_notification and (reference is None or entry.in_batch):
            continue
        arrived.append(_receipt(entry, reference or entry_reference(ours, place), whose))
    return arrived


def _receipt(entry: StatementEntry, reference: str, whose: dict[str, str]) -> CashReceipt:
    return CashReceipt(
        **whose,
        channel=Channel.BANK,
        reference=reference,
        amount=entry.amount,
        charges=_charges(entry),
        booked_on=entry.booked_on,
        payer=entry.party,
        structured=entry.structured,
        remittance=beginning(entry.remittance),
        value_on=entry.value_on if entry.value_on != entry.booked_on else None,
        original=_sent(entry),
        bank_rate=entry.bank_rate,
    )


def _sent(entry: StatementEntry) -> Money | None:
    """Return what the payer sent, where that is of another currency than what arrived."""
    original = entry.original
    is_sent = original is not None and original.amount > 0 and original.currency != entry.amount.currency
    return original if is_sent else None


def beginning(text: str) -> str:
    """Return what of a text a receipt can hold, up to the end of a word: a number that is cut off is another one."""
    return text if len(text) <= RECEIPT_TEXT else text[:RECEIPT_TEXT].rsplit(None, 1)[0]


def _charges(entry: StatementEntry) -> Money | None:
    """Return what banks kept: as they say it, else what the payer sent more than arrived, in the same currency."""
    original = entry.original
    if entry.charges is not None or original is None or original.currency != entry.amount.currency:
        return entry.charges
    kept = original - entry.amount
    return kept if kept.amount > 0 else None
