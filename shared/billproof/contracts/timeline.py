"""Which version's terms govern which days: amendments, backdated versions, ramps and renewals laid out on one line.

version 1   |=========================>
version 2             |===============>      governs from its start, whatever was said before
version 3       |=====================>      backdated: from here on neither 1 nor 2 governs

fee at 100  |.....|                          a span: one term, as one version states it, on days that do not end
fee at 120        |...................>      where a later version repeats it unchanged
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import MAXYEAR, date
from functools import cached_property
from itertools import pairwise
from types import MappingProxyType

from billproof.contracts.billed_in import BilledIn, by_charge
from billproof.contracts.charges import Charge, Commitment, Credit, Discount, SpendCap, Term, Waiver
from billproof.contracts.model import Contract
from billproof.contracts.raising import prices_over, raises_prices
from billproof.errors import UnpriceableCharge
from billproof.periods import DateRange, Period, intersection

NONE_STAYS: Mapping[Period, date] = MappingProxyType({})
YEARS_AHEAD = 2
"""How far an invoice may look: a year in advance begins at the latest in the month after its period."""


@dataclass(frozen=True, slots=True)
class Span[T: Term]:
    """A term on the days on which its priced terms are the same; `begun` is the first day of the term under its id.

    `contract` and `term` are of the last version that states it; `earlier` are the statements before, each with the
    first day on which the next one holds. `billed_in` are the months that billed service periods which stay with them.
    """

    contract: Contract
    term: T
    days: DateRange
    begun: date
    earlier: tuple[tuple[date, Contract, T], ...] = ()
    by_product: bool = False
    """Whether its product is among its priced terms: a discount names products."""
    billed_in: Mapping[Period, date] = field(default=NONE_STAYS, compare=False)

    def as_of(self, day: date) -> "Span[T]":
        """Return it as the version states it that governs a day."""
        for until, contract, term in self.earlier:
            if day < until:
                return replace(self, contract=contract, term=term, earlier=())
        return self

    def touches(self, period: Period) -> bool:
        """Say whether it covers a day of the period."""
        return self.days.days_within(period) > 0


@dataclass(frozen=True)
class Timeline:
    """One contract's terms over all its days, by kind of term, and which version governs which days.

    Waivers and percentages hold past the contract's end, too, as its last version says: for fees that are kept beyond.
    """

    governing_versions: tuple[tuple[Contract, DateRange], ...]
    charges: tuple[Span[Charge], ...]
    discounts: tuple[Span[Discount], ...]
    commitments: tuple[Span[Commitment], ...]
    caps: tuple[Span[SpendCap], ...]
    credits: tuple[Span[Credit], ...]
    waivers: tuple[Span[Waiver], ...]

    @property
    def id(self) -> str:
        """The contract's id."""
        return self.governing_versions[0][0].id

    @property
    def account(self) -> str:
        """The account whose contract it is."""
        return self.governing_versions[0][0].account

    @property
    def currency(self) -> str:
        """The contract's currency, which never changes."""
        return self.governing_versions[0][0].currency

    def in_force(self, period: Period) -> Contract | None:
        """Return the version that governs the last days of a period, or None where none governs any."""
        versions = [contract for contract, days in self.governing_versions if days.days_within(period)]
        return versions[-1] if versions else None

    @property
    def spans(self) -> tuple[Span[Charge] | Span[Discount] | Span[Commitment] | Span[SpendCap] | Span[Credit], ...]:
        """Every span of a term that may make a line."""
        return (*self.charges, *self.discounts, *self.commitments, *self.caps, *self.credits)

    @cached_property
    def _by_charge(self) -> dict[str, list[Span[Charge]]]:
        by_charge: dict[str, list[Span[Charge]]] = {}
        for span in self.charges:
            by_charge.setdefault(span.term.id, []).append(span)
        return by_charge

    @property
    def charge_spans(self) -> list[list[Span[Charge]]]:
        """Return the spans of each charge, in time order."""
        return list(self._by_charge.values())

    @cached_property
    def charge_places(self) -> dict[str, int]:
        """Where the first span of each charge is among those of all: the order of the contract's charges."""
        places: dict[str, int] = {}
        for place, span in enumerate(self.charges):
            places.setdefault(span.term.id, place)
        return places

    def of_charge(self, charge: str) -> list[Span[Charge]]:
        """Return the spans of one charge, in time order."""
        return self._by_charge[charge]


def timelines(versions: Iterable[Contract], period: Period, billed_in: Sequence[BilledIn] = ()) -> list[Timeline]:
    """Lay out every contract, by id, as far as the invoice of a period may look ahead.

    `billed_in` are service periods that stay with the month that billed them.

    Raises UnpriceableCharge where versions of one contract differ in currency or time zone.
    """
    by_id: dict[str, list[Contract]] = {}
    for version in versions:
        by_id.setdefault(version.id, []).append(version)
    year = period.end.year + YEARS_AHEAD
    until = date(year, 1, 1) if year <= MAXYEAR else date.max
    return [
        _timeline(sorted(same_contract, key=lambda version: version.version), until, by_charge(billed_in, name))
        for name, same_contract in sorted(by_id.items())
    ]


def governing(versions: Iterable[Contract], period: Period, billed_in: Iterable[BilledIn] = ()) -> list[Contract]:
    """Return every version that governs any day of the contracts that are in force in a period, by contract and time.

    Earlier ones are among them, since they say when a charge began; and those that begin after the period, since it
    bills in advance. A contract that is over before the period, or begins after it, has none, unless something of it
    stays with the period by `billed_in`. Raises UnpriceableCharge as `timelines` does.
    """
    contracts: list[Contract] = []
    staying = {stays.contract for stays in billed_in if stays.month == period.start}
    by_id: dict[str, list[Contract]] = {}
    for version in versions:
        by_id.setdefault(version.id, []).append(version)
    for name, mine in sorted(by_id.items()):
        governing_versions = list(_versions_with_days(sorted(mine, key=lambda version: version.version)))
        _same_money_and_time([version for version, _ in governing_versions])
        if name in staying or any(days.days_within(period) for _, days in governing_versions):
            contracts += {version.version: version for version, _ in governing_versions}.values()
    return contracts


def in_force(versions: Iterable[Contract], period: Period) -> dict[str, int]:
    """Return the version of each contract that governs the last days of a period."""
    by_id: dict[str, list[Contract]] = {}
    for version in versions:
        by_id.setdefault(version.id, []).append(version)
    version_by_contract = {}
    for name, mine in sorted(by_id.items()):
        for contract, days in _versions_with_days(sorted(mine, key=lambda version: version.version)):
            if days.days_within(period):
                version_by_contract[name] = contract.version
    return version_by_contract


def _same_money_and_time(versions: list[Contract]) -> None:
    first = versions[0]
    for other in versions[1:]:
        if (other.currency, other.time_zone) != (first.currency, first.time_zone):
            message = f"contract {first.id} changes its currency or time zone with version {other.version}: end it"
            raise UnpriceableCharge(message, contract=first.id)


def _timeline(versions: list[Contract], until: date, billed_in: Mapping[str, Mapping[Period, date]]) -> Timeline:
    governing_versions = list(_versions_with_days(versions))
    _same_money_and_time([version for version, _ in governing_versions])
    governed = list(_governed(versions))
    charges = _spans(governed, lambda contract: contract.charges, lambda span: _ramped(span, until))
    return Timeline(
        governing_versions=tuple(governing_versions),
        charges=tuple(replace(span, billed_in=billed_in.get(span.term.id, NONE_STAYS)) for span in charges),
        discounts=tuple(_spans(governed, lambda contract: contract.discounts)),
        commitments=tuple(_spans(governed, lambda contract: contract.commitments)),
        caps=tuple(_spans(governed, lambda contract: contract.caps)),
        credits=tuple(_spans(governed, lambda contract: contract.credits)),
        waivers=tuple(_spans(governed, lambda contract: contract.waivers)),
    )


def _versions_with_days(versions: list[Contract]) -> Iterator[tuple[Contract, DateRange]]:
    """Yield which version governs which days while the contract is in force: the highest that has begun."""
    for version, governed in _governed(versions):
        days = intersection(version.effective, governed)
        if days is not None:
            yield version, days


def _governed(versions: list[Contract]) -> Iterator[tuple[Contract, DateRange]]:
    """Yield which version governs which days: the highest that has begun, also past its own end."""
    edges = sorted({version.effective.start for version in versions})
    for start, end in [*pairwise(edges), (edges[-1], None)]:
        version = max(
            (candidate for candidate in versions if candidate.effective.start <= start),
            key=lambda candidate: candidate.version,
        )
        yield version, DateRange(start=start, end=end)


def _spans[T: Term](
    governed: list[tuple[Contract, DateRange]],
    terms: Callable[[Contract], tuple[T, ...]],
    split: Callable[[Span[T]], Iterator[Span[T]]] = lambda span: iter((span,)),
) -> Iterator[Span[T]]:
    """Yield the spans of each term; those that follow one another without a change are one, of the later version."""
    spans_by_term: dict[str, list[Span[T]]] = {}
    by_product = any(discount.products for contract, _ in governed for discount in contract.discounts)
    for contract, days in governed:
        for term in terms(contract):
            mine = spans_by_term.setdefault(term.id, [])
            covered = _covered(term, contract, days)
            whole = Span(contract, term, covered, covered.start, by_product=by_product) if covered else None
            for span in split(whole) if whole else ():
                last = mine[-1] if mine else None
                if last is None:
                    mine.append(span)
                elif last.days.end != span.days.start:
                    mine.append(span if isinstance(term, Charge) else replace(span, begun=last.begun))
                elif same_terms(last, span):
                    joined = DateRange(start=last.days.start, end=span.days.end)
                    earlier = (*last.earlier, (span.days.start, last.contract, last.term))
                    mine[-1] = replace(span, days=joined, begun=last.begun, earlier=earlier)
                else:
                    _refuse_other_cadence(last, span)
                    mine.append(replace(span, begun=last.begun))
    for spans in spans_by_term.values():
        yield from spans


def _refuse_other_cadence[T: Term](last: Span[T], span: Span[T]) -> None:
    """Refuse a charge that changes its service periods: parts of the old and the new ones would overlap."""
    before, after = last.term, span.term
    if isinstance(before, Charge) and isinstance(after, Charge) and before.cadence != after.cadence:
        message = f"charge {before.id} changes its cadence on {span.days.start}: end it, and begin another one"
        raise UnpriceableCharge(message, charge=before.id)


def _covered(term: Term, contract: Contract, governed: DateRange) -> DateRange | None:
    """Return the days of a term among those that its version governs: past the contract's end, where it holds then."""
    if isinstance(term, Waiver):
        return intersection(term.days, governed)
    if isinstance(term, Discount) and term.percent is not None:
        return intersection(term.effective, governed)
    in_force = intersection(contract.effective, governed)
    return None if in_force is None else intersection(term.effective, in_force)


UNPRICED = {
    "effective",
    "days",
    "ramp",
    "name",
    "revenue_category",
    "recognition",
    "floor_unit_price",
    "timing",
    "refund",
}
"""The fields of a term that change no amount: what is stated otherwise in these alone goes on as it was."""


def same_terms[T: Term](before: Span[T], after: Span[T]) -> bool:
    """Compare the priced terms of two statements, whatever days they are stated for.

    How a contract shares amounts by days is among those of a charge; its product is where a discount may name it.
    """
    if isinstance(before.term, Charge) and before.contract.proration != after.contract.proration:
        return False
    apart = UNPRICED if after.by_product else {*UNPRICED, "product"}
    return before.term.model_dump(exclude=apart) == after.term.model_dump(exclude=apart)


def _ramped(span: Span[Charge], until: date) -> Iterator[Span[Charge]]:
    """Split a charge where its ramp or its contract's renewal changes the price."""
    if span.term.price.is_due_once or not (span.term.ramp or raises_prices(span.contract)):
        yield span
        return
    for days, price in prices_over(span.term, span.contract, span.days, until):
        yield replace(span, term=span.term.model_copy(update={"price": price, "ramp": ()}), days=days)
