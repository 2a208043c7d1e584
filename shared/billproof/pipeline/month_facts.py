"""Whether a month of a legal entity is signed off: facts that follow each other.

signed-off#<entity>         <period>             signed off: by whom, and with which open points
                            <period>#002         reopened: who proposed it, who approved it, and why
                            <period>#003         signed off again

The last one counts; a sign-off only where a person decided it (run_facts.py). Of two at once one finds its place taken.
Each takes a turn among the runs (turns.py) in the same transaction: of a sign-off and the start of a run at once one
looks again.
"""

import operator

from pydantic import Field

from billproof.errors import InvalidPeriod
from billproof.findings import Owner, VarianceCategory
from billproof.model import Model
from billproof.money import Money
from billproof.ports import Key, Record, Records
from billproof.store_keys import FactKey, ordinal_text, partition_name, sort_key

SIGNED_OFF, NOT_DECIDED = "signed-off", "not_decided"
FIRST_AGAIN = 2
"""The place of the first fact after the first sign-off."""


class OpenPoint(Model):
    """A variance with which a month was signed off, and who takes it on: by an exception, or with the sign-off."""

    variance: str
    category: VarianceCategory
    account: str
    amount: Money
    age_days: int
    owner: Owner
    accepted_by: str
    reason: str
    exception: str = Field(default="", exclude_if=operator.not_)


class SignOff(Model):
    """A month that takes no further run and no document that is dated in it."""

    legal_entity: str
    period: str
    signed_by: str
    signed_at: str
    open_points: tuple[OpenPoint, ...] = Field(default=(), exclude_if=operator.not_)


class Reopening(Model):
    """That a month that was signed off takes runs and documents again."""

    legal_entity: str
    period: str
    proposed_by: str
    reopened_by: str
    reopened_at: str
    reason: str
    exception: str


class MonthFacts:
    """What is written of one month of a legal entity: the last fact, and its place."""

    def __init__(self, records: Records, legal_entity: str, period: str) -> None:
        self._partition, self._period = partition_name(SIGNED_OFF, legal_entity), period
        self._facts = list(records.query(self._partition, prefix=period))
        self.last = next((fact for fact in reversed(self._facts) if NOT_DECIDED not in fact.document), None)

    @property
    def count(self) -> int:
        """How many facts of the month there are: each sign-off and reopening adds one."""
        return len(self._facts)

    @property
    def sign_off(self) -> SignOff | None:
        """The sign-off that counts, or None."""
        return None if self.last is None or self.reopening else SignOff.model_validate(self.last.document)

    @property
    def reopening(self) -> Reopening | None:
        """The reopening that counts, or None."""
        return None if self.last is None or not _reopens(self.last) else Reopening.model_validate(self.last.document)

    def reopened_by(self, exception: str) -> Reopening | None:
        """Return the reopening that an exception led to, whether the month was signed off again or not."""
        reopenings = (Reopening.model_validate(fact.document) for fact in self._facts if _reopens(fact))
        return next((known for known in reopenings if known.exception == exception), None)

    def following(self, fact: SignOff | Reopening, first_after: Key | None = None) -> Record:
        """Return the record of the fact that comes next; the first one follows what it is told to."""
        if not self._facts:
            return Record(Key(self._partition, self._period), fact.model_dump(mode="json"), first_after)
        before = self._facts[-1].key
        ordinal = FactKey.parse(before.sort).fact
        sort = sort_key(self._period, ordinal_text(int(ordinal) + 1 if ordinal else FIRST_AGAIN))
        return Record(Key(self._partition, sort), fact.model_dump(mode="json"), before)


def undecided_sign_offs(records: Records, legal_entity: str, period: str) -> list[Key]:
    """Return the sign-offs of a month that no person decided; they count for nothing."""
    facts = records.query(partition_name(SIGNED_OFF, legal_entity), prefix=period)
    return [fact.key for fact in facts if NOT_DECIDED in fact.document]


def _reopens(fact: Record) -> bool:
    return "reopened_by" in fact.document


def is_sign_off(fact: Record) -> bool:
    """Say whether a fact of a month signs it off."""
    return not _reopens(fact)


def signed_off(records: Records, legal_entity: str, period: str) -> SignOff | None:
    """Return who signed a month off, or None where nobody did or it was reopened since."""
    return MonthFacts(records, legal_entity, period).sign_off


def refuse_signed_off(records: Records, legal_entity: str, period: str) -> None:
    """Raise InvalidPeriod for a month that is signed off."""
    signed = signed_off(records, legal_entity, period)
    if signed is not None:
        message = f"{period} was signed off by {signed.signed_by}: a later month bills what is still owed"
        raise InvalidPeriod(message)


def signed_off_months(records: Records, legal_entity: str) -> list[str]:
    """Return the months of a legal entity that are signed off, and were not reopened since, oldest first."""
    last: dict[str, Record] = {}
    for record in records.query(partition_name(SIGNED_OFF, legal_entity)):
        if NOT_DECIDED not in record.document:
            last[FactKey.parse(record.key.sort).subject] = record
    return [period for period, fact in last.items() if not _reopens(fact)]
