"""Reminding customers of what is overdue: facts that follow each other, and what they come to.

    reminded        the customer was reminded of documents, each at the level of its age
    promised        it said that documents are paid until a day: they are left out until then
    paused          somebody leaves documents out, until a day or until resumed
    handed_over     somebody else collects: nothing is reminded of any more
    resumed         what was promised, paused or handed over before counts no more
    charged         the payment method that the customer saved was charged for a document, or that was declined

A promise or pause names documents and leaves out only those; one that names none leaves out all of the customer's.
"""

import operator
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

from pydantic import Field

from billproof.approvals.policy import ReminderRules
from billproof.model import Day, Model
from billproof.money import Money


class CollectionKind(StrEnum):
    """What happened to what a customer owes."""

    REMINDED = "reminded"
    PROMISED = "promised"
    PAUSED = "paused"
    HANDED_OVER = "handed_over"
    RESUMED = "resumed"
    CHARGED = "charged"


class ChargeState(StrEnum):
    """What became of charging a saved payment method."""

    SUCCEEDED = "succeeded"
    PROCESSING = "processing"
    DECLINED = "declined"


class ChargeAttempt(Model):
    """A document that was charged: `payment` is the gateway's id, `code` why it was declined.

    `after` is the ordinal of the reminder that it follows, 0 for the attempt on the due day. `customer` is whose saved
    method it is, by the gateway's name. Before the gateway is asked for a new payment that is noted without its id: an
    answer that is lost is looked for there, whoever's method is saved then.
    """

    invoice: str
    number: str
    amount: Money
    gateway: str
    payment: str
    state: ChargeState
    code: str
    after: int
    customer: str = Field(default="", exclude_if=operator.not_)


class RemindedDocument(Model):
    """A document as the customer is reminded of it: `open` is not disputed, `level` counts the levels from 1."""

    invoice: str
    number: str
    due: Day
    open: Money
    days_overdue: int
    level: int


class KeptDocument(Model):
    """Where a document to a customer is kept, and the SHA-256 of its bytes."""

    key: str
    digest: str


class CollectionFact(Model):
    """What happened, one after the other. `numbers` are the documents that a note is of; empty, all of the customer's.

    `text` is what the customer reads, `letter` the same as a PDF; `mailed_to` is empty where no mail was sent, and
    `refused` says why where the mail service will never take it. `decided_by` is empty where no person decided.
    """

    ordinal: int
    kind: CollectionKind
    day: Day
    reminded: tuple[RemindedDocument, ...] = ()
    text: str = ""
    letter: KeptDocument | None = Field(default=None, exclude_if=operator.not_)
    mailed_to: str = ""
    refused: str = ""
    numbers: tuple[str, ...] = ()
    until: Day | None = None
    decided_by: str = ""
    reason: str = ""
    charged: ChargeAttempt | None = Field(default=None, exclude_if=operator.not_)

    def is_of(self, number: str) -> bool:
        """Say whether a note is of a document."""
        return not self.numbers or number in self.numbers

    def rows_of(self, number: str) -> list[RemindedDocument]:
        """Return what a reminder says of a document."""
        return [row for row in self.reminded if row.number == number]


class OverdueDocument(NamedTuple):
    """A document of which something is open after its due day that is not disputed."""

    invoice: str
    number: str
    due: date
    open: Money
    days_overdue: int


@dataclass(frozen=True)
class CollectionState:
    """All that happened to what a customer owes, oldest first."""

    facts: tuple[CollectionFact, ...] = ()

    @property
    def next_ordinal(self) -> int:
        """The place of what happens next."""
        return self.facts[-1].ordinal + 1 if self.facts else 1

    @property
    def last_reminder(self) -> CollectionFact | None:
        """The last reminder, if there was one."""
        return next((fact for fact in reversed(self.facts) if fact.kind is CollectionKind.REMINDED), None)

    @property
    def handed_over(self) -> CollectionFact | None:
        """The fact that somebody else collects, unless it was resumed since."""
        for fact in reversed(self.facts):
            if fact.kind is CollectionKind.HANDED_OVER:
                return fact
            if fact.kind is CollectionKind.RESUMED and not fact.numbers:
                return None
        return None

    def hold_on(self, number: str, day: date) -> CollectionFact | None:
        """Return the promise or pause that leaves a document out on a day; one until a day holds on that day, too.

        A promise takes the place of the one before it; a pause does not.
        """
        is_promised = False
        for fact in reversed(self.facts):
            if fact.kind is CollectionKind.RESUMED and fact.is_of(number):
                return None
            if fact.kind not in {CollectionKind.PROMISED, CollectionKind.PAUSED} or not fact.is_of(number):
                continue
            if fact.kind is CollectionKind.PROMISED:
                if is_promised:
                    continue
                is_promised = True
            if fact.until is None or day <= fact.until:
                return fact
        return None

    def reminded_at(self, number: str) -> int:
        """Return the ordinal of the last reminder of a document; 0 for none."""
        return next((fact.ordinal for fact in reversed(self.facts) if any(fact.rows_of(number))), 0)

    def charge_of(self, number: str) -> ChargeAttempt | None:
        """Return the last attempt to charge a document, or None."""
        attempts = (fact.charged for fact in reversed(self.facts) if fact.charged is not None)
        return next((attempt for attempt in attempts if attempt.number == number), None)

    def level_of(self, number: str) -> int:
        """Return the highest level at which the customer was reminded of a document; 0 for none.

        What it was reminded of before it promised to pay does not count: a promise that is broken is reminded of.
        """
        level = 0
        for fact in reversed(self.facts):
            if fact.kind is CollectionKind.PROMISED and fact.is_of(number):
                break
            level = max((row.level for row in fact.rows_of(number)), default=level)
            if level:
                break  # a later reminder of a document is never at a lower level
        return level


def level_reached(days_overdue: int, rules: ReminderRules) -> int:
    """Return the level of so many days overdue: the last one of the policy that begins by then, from 1; 0 for none."""
    return sum(level.days_overdue <= days_overdue for level in rules.levels)


def to_remind(
    documents: Iterable[OverdueDocument], state: CollectionState, rules: ReminderRules, *, today: date
) -> Sequence[RemindedDocument]:
    """Return what a customer is to be reminded of on a day: nothing, or all that is overdue and not left out.

    It is reminded once a document reaches a level that it was not reminded of at, and not within `days_between` of the
    last reminder. One that is handed over is not reminded.
    """
    last = state.last_reminder
    if state.handed_over or (last is not None and today < last.day + timedelta(days=rules.days_between)):
        return ()
    rows = [
        RemindedDocument(**document._asdict(), level=level)
        for document in documents
        if (level := level_reached(document.days_overdue, rules)) and state.hold_on(document.number, today) is None
    ]
    if not any(row.level > state.level_of(row.number) for row in rows):
        return ()
    return sorted(rows, key=lambda row: (row.due, row.number))
