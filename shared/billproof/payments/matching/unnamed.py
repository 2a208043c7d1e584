"""Rules for receipts that name nothing: only who pays and how much says what is paid."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from billproof.payments.matching.amounts import is_crowded, minor_units, subsets
from billproof.payments.matching.evidence import Evidence, open_units
from billproof.payments.matching.payers import KNOWN_FOR_SURE
from billproof.payments.matching.rule import MatchVerdict, apply, propose
from billproof.payments.matching.settling import Settled, Settling, in_full, settle_in_full
from billproof.payments.model import MatchOutcome, OpenItem

PAID_BEFORE_DUE = timedelta(days=7)
LEAST_HABIT = 3
"""Earlier payments that it takes to say how early or late an account pays."""
HABIT_DAYS = 7
"""How many days a payment may come earlier or later than any before, and still be as before."""


@dataclass(frozen=True, slots=True)
class AmountReading:
    """Documents of the payer that an amount may pay in full."""

    items: tuple[OpenItem, ...]
    settled: Settled


def _readings(evidence: Evidence) -> list[AmountReading] | None:
    """Return what of the payer's own an amount may pay: exact sums, and single documents or all with a difference.

    None where there are too many documents to know. Charges that nobody told of are no reading where something has the
    amount to the unit: they would have to come to just the difference.
    """
    own = evidence.own
    choices = subsets(open_units(own), evidence.amount)
    if choices is None:
        return None
    candidates = [tuple(own[place] for place in choice) for choice in choices]
    candidates += [(item,) for item in own]
    candidates += [own] if len(own) > 1 else []
    readings: dict[tuple[str, ...], AmountReading] = {}
    for items in candidates:
        settled = settle_in_full(evidence, items)
        if settled is not None:
            readings.setdefault(tuple(item.document for item in items), AmountReading(items, settled))
    known = list(readings.values())
    is_exact = any(reading.settled.settling is Settling.EXACT for reading in known)
    return [reading for reading in known if not (is_exact and reading.settled.settling is Settling.CHARGES)]


def _is_unnamed(evidence: Evidence) -> bool:
    return evidence.payer.sole is not None and not evidence.all_named and not evidence.named_paid


def only_reading(settlings: set[Settling], *, several: bool) -> Callable[[Evidence], MatchVerdict | None]:
    """Make the rule for the one choice of documents, single ones or several, that an amount may pay."""

    def decide(evidence: Evidence) -> MatchVerdict | None:
        readings = _readings(evidence) if _is_unnamed(evidence) else None
        if readings is None or len(readings) != 1:
            return None
        (reading,) = readings
        if reading.settled.settling not in settlings or (len(reading.items) > 1) is not several:
            return None
        said = ("It names nothing; one choice of the payer's open documents has its amount.", *reading.settled.evidence)
        doubt = _doubt(evidence, reading)
        if doubt:
            return propose(evidence, reading.items, reading.settled.allocations, *said, doubt)
        return apply(evidence, reading.items, reading.settled.allocations, *said)

    return decide


def _doubt(evidence: Evidence, reading: AmountReading) -> str | None:
    if any(item.issued > evidence.receipt.booked_on for item in reading.items):
        return "A document was issued after the money was booked."
    is_some = 1 < len(reading.items) < len(evidence.own)
    if is_some and is_crowded(open_units(evidence.own)):
        return "So many sums can be made of what is open that one may have the amount by chance."
    if len(reading.items) > 1 and len({item.open for item in reading.items}) == 1:
        return "It may be one document, paid more than once."
    if reading.settled.settling is Settling.CHARGES:
        return "It may be a part, or all of it less charges of banks."
    others = [item for item in evidence.own if item not in reading.items and item.discount is not None]
    if any(evidence.amount == minor_units(item.open) - minor_units(item.discount or item.open) for item in others):
        return "It may be another document, less a discount after its days."
    return doubt_of_days(evidence, reading.items, is_sure=reading.settled.settling is Settling.DISCOUNT)


def doubt_of_days(evidence: Evidence, items: Sequence[OpenItem], *, is_sure: bool = False) -> str | None:
    """Return why the receipt may be an earlier one that was sent twice, which no number in it says.

    Money that comes early is no doubt where it is sure what it pays: who takes a discount pays early.
    """
    booked_on = evidence.receipt.booked_on
    came = evidence.came_shortly_before(items)
    if came is not None:
        return "The same amount came shortly before: it may have been sent twice." if came else None
    is_early = min(item.due for item in items) > booked_on + PAID_BEFORE_DUE
    if is_early and not is_sure:
        return "It is not due yet, and it is not known whether the same amount came shortly before."
    return None


def due_first(evidence: Evidence) -> MatchVerdict | None:
    """Pay what is due where others of the same amounts are not due yet, and who owes them never paid as early as that.

    Where who pays names nothing, the law takes it for what is due (section 366(2) BGB; article 1342-10 of the French
    code civil; article 87 of the Swiss code of obligations). Who missed a month and pays the next one early would mean
    another: so how early or late it paid before must say the same, or people decide.
    """
    readings = _readings(evidence) if _is_unnamed(evidence) else None
    if not readings or len(readings) == 1:
        return None
    day = evidence.receipt.booked_on
    due = [reading for reading in readings if all(item.due <= day + PAID_BEFORE_DUE for item in reading.items)]
    first = due[0] if len(due) == 1 else None
    others = [reading for reading in readings if reading is not first]
    if first is None or any(_amounts(other) != _amounts(first) for other in others):
        return None
    swapped = [item for other in others for item in other.items if item not in first.items]
    if first.settled.settling is not Settling.EXACT or not _as_before(evidence, first.items, swapped):
        return None
    said = ("It names nothing; what is due has its amount. Others of it are not due, and were never paid so early.",)
    doubt = _doubt(evidence, first)
    if doubt is None and evidence.earlier is None:
        doubt = "It is not known whether the same amount came shortly before."
    verdict = propose if doubt else apply
    return verdict(evidence, first.items, first.settled.allocations, *said, *([doubt] if doubt else []))


def _as_before(evidence: Evidence, items: Sequence[OpenItem], others: Sequence[OpenItem]) -> bool:
    """Say whether some documents are paid as late as their accounts' were before, and others never were as early."""
    day = evidence.receipt.booked_on
    for account in {item.account for item in others}:
        before = evidence.book.days_after_due(account)
        if len(before) < LEAST_HABIT:
            return False
        late = [(day - item.due).days for item in items if item.account == account]
        early = [(day - item.due).days for item in others if item.account == account]
        if max(late) > max(before) + HABIT_DAYS or min(late) < min(before) - HABIT_DAYS:
            return False
        if max(early) >= min(0, min(before) - HABIT_DAYS):
            return False
    return True


def _amounts(reading: AmountReading) -> list[tuple[str, int]]:
    """Return whose documents a reading pays, and how much of each: swapping two of one account changes nothing."""
    return sorted((item.account, minor_units(item.open)) for item in reading.items)


def several_readings(evidence: Evidence) -> MatchVerdict | None:
    """Leave to people an amount that more than one choice of open documents has, or of too many documents to know."""
    if not _is_unnamed(evidence):
        return None
    readings = _readings(evidence)
    if readings is None:
        return propose(evidence, [], (), "So much is open that it is not known what has the amount.")
    if len(readings) < 2:  # noqa: PLR2004 - more than one
        return None
    said = "More than one choice of the payer's open documents may be what it pays."
    return propose(evidence, [], (), said, others=[reading.settled.allocations for reading in readings])


def nothing_open(evidence: Evidence) -> MatchVerdict | None:
    """Leave on the account what comes from who owes nothing: it is paid in advance, or twice.

    No amount confirms who paid: a name that is nearly an account's may be another company's.
    """
    is_known = _is_unnamed(evidence) and evidence.payer.identity in KNOWN_FOR_SURE
    if not is_known or any(item.open.amount > 0 for item in _all(evidence)):
        return None
    return apply(evidence, [], (), "Nothing is open of the payer: it is the account's, and not applied.")


def _all(evidence: Evidence) -> Sequence[OpenItem]:
    return evidence.of_account(evidence.payer.sole or "")


def payer_only(evidence: Evidence) -> MatchVerdict | None:
    """Leave to people what comes from who may be known, with an amount that is nothing's."""
    if not evidence.payer.accounts:
        return None
    own = evidence.own
    choices = subsets(open_units(own), evidence.amount) or []
    others = [in_full(evidence, [own[place] for place in choice]) for choice in choices]
    return propose(evidence, [], (), "Only the payer says whose it is, and not for sure what it pays.", others=others)


def unknown(_: Evidence) -> MatchVerdict:
    """Say that nobody knows whose it is."""
    return MatchVerdict(MatchOutcome.UNKNOWN, evidence=("Neither a number nor the payer says whose it is.",))
