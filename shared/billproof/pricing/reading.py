"""What the charges of contracts read of the usage log: which meters, how, and over which parts of a period."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from billproof.contracts.charges import Charge
from billproof.contracts.model import Contract
from billproof.contracts.timeline import Span, Timeline, timelines
from billproof.ids import canonical_json
from billproof.masterdata.meters import Meter, is_level
from billproof.periods import Period
from billproof.pricing.pooling import covered_days, part_name, pooled_days
from billproof.pricing.service_periods import Due, commitment_edges, in_force, parts_of, term_edges, up_to
from billproof.readings import Reading


def readings(charge: Charge) -> Iterator[Reading]:
    """Yield how a charge reads its meters."""
    price = charge.price
    if charge.meter is not None:
        yield price.reading(charge.meter, charge.group_by)
    yield from (Reading(meter=meter) for meter in price.meters)
    if charge.seats_meter is not None:
        yield Reading(meter=charge.seats_meter)
        if price.trues_up:
            yield Reading(meter=charge.seats_meter, by_day=True)


def trues_up(span: Span[Charge]) -> bool:
    """Say whether seats above the committed ones are billed."""
    return span.term.price.trues_up


def _months(timeline: Timeline, period: Period) -> Iterator[Due]:
    """Yield the parts of a month that each charge covers by the same terms."""
    for spans in timeline.charge_spans:
        yield from parts_of(spans, period)


@dataclass(frozen=True, slots=True)
class Read:
    """What contracts read in a period: by reading, and the parts of the period that are read apart, with their days.

    `prefixes` are the days of a part before a cap, commitment or fixed discount begins or ends: such a term goes by
    what was used on its days.
    """

    readings: frozenset[Reading]
    parts: Mapping[str, tuple[Period, ...]]
    prefixes: Mapping[str, tuple[Period, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, contracts: Iterable[Contract], period: Period, *, account: str | None = None) -> "Read":
        """Collect it from the charges that cover a day of the period.

        With an `account` it is what is read of that account's usage: by its own contracts, and, where one of them is in
        force, by pooled charges.
        """
        collected: set[Reading] = set()
        parts: dict[str, tuple[Period, ...]] = {}
        prefixes: dict[str, tuple[Period, ...]] = {}
        laid_out = timelines(contracts, period)
        covered = covered_days(laid_out, period).get(account or "", [])
        for timeline in laid_out:
            edges = sorted(term_edges(timeline, percents=False) | commitment_edges(timeline, period))
            for due in _months(timeline, period):
                charge = due.span.term
                is_read = account in {None, timeline.account} or (charge.pooled and covered)
                mine = list(readings(charge)) if is_read else []
                collected.update(mine)
                start, end = due.bounds
                cut = [up_to(due, edge) for edge in edges if mine and start < edge < end]
                prefixes |= {prefix.part: tuple(prefix.ranges) for prefix in cut}
                measured = (due, in_force(due, timeline)) if mine else ()
                parts |= {part.part: tuple(part.ranges) for part in measured}
                if charge.pooled and mine:
                    pooled = (days for part in (due, *cut) for days in pooled_days(part.ranges, covered))
                    parts |= {part_name(days, period): (days,) for days in (*covered, *pooled)}
        parts.pop("", None)
        return cls(frozenset(collected), parts, prefixes)

    @property
    def by_day(self) -> bool:
        """Whether anything is read day by day."""
        return any(reading.by_day for reading in self.readings)

    def levels(self, meters: Mapping[str, Meter]) -> Iterator[Reading]:
        """Yield the readings of a level, which goes on from before the period."""
        for reading in self.readings:
            meter = meters.get(reading.meter)
            if meter is not None and is_level(meter.aggregation, reading):
                yield reading

    def conditions(self, meters: Mapping[str, Meter]) -> dict[str, tuple[str, ...]]:
        """Return the event types that are read, each with the conditions of the meters that read it, as JSON."""
        kinds: dict[str, set[str]] = {}
        for reading in self.readings:
            meter = meters.get(reading.meter)
            if meter is not None:
                kinds.setdefault(meter.event_type, set()).add(canonical_json(meter.where).decode())
        return {kind: tuple(sorted(conditions)) for kind, conditions in sorted(kinds.items())}
