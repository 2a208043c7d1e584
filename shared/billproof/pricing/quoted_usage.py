"""The usage that a price request states: what was used, and the quantities that come of it for each reading."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field

from billproof.contracts.charges import Charge
from billproof.errors import InvalidInput
from billproof.masterdata.meters import Aggregation, Meter
from billproof.model import Day, Exact, Model
from billproof.periods import Period
from billproof.pricing.pooling import ADDITIVE
from billproof.pricing.reading import Read
from billproof.pricing.transactions import tally
from billproof.readings import PricedQuantity, Quantity, Reading, Transactions

WHOLE = ""


class Group(Model):
    """A quantity of one combination of the properties that the charge groups by.

    `parts` are the quantities of the parts of the period, as `usage.parts` has them, where terms change within it.
    """

    dimension: dict[str, str]
    quantity: Exact | None = None
    parts: dict[str, Exact] = Field(default_factory=dict)


class DatedTransaction(Model):
    """The amount of a transaction and the day of its time."""

    day: Day
    amount: Exact


class UsageGiven(Model):
    """What was used: a quantity, or what some price models need in place of it.

    `transactions` are amounts in the order of their times, `prices` quantities by the price that events carried,
    `dated_transactions` amounts with their days, which terms that change within the period need. `meters` quantities by
    meter for a capacity, `days` the seats seen on each day (null: none seen), `parts` the quantity of each part of the
    period, named `<start>_<end>` (of several ranges of days joined by `+`), where terms change within it. A part may
    also be the days of one before a cap, a commitment or a fixed discount begins or ends: without it, such a term goes
    by days. `carried` is left of the month before. `aggregation` says how the quantity is measured: one that does not
    add up is of the whole month, whatever changes within it.
    """

    quantity: Exact | None = None
    groups: tuple[Group, ...] = ()
    transactions: tuple[Exact, ...] = ()
    dated_transactions: tuple[DatedTransaction, ...] = ()
    prices: tuple[PricedQuantity, ...] = ()
    meters: dict[str, Exact] = Field(default_factory=dict)
    days: tuple[Exact | None, ...] = ()
    parts: dict[str, Exact] = Field(default_factory=dict)
    carried: Annotated[Exact, Field(ge=0)] | None = None
    aggregation: Aggregation = Aggregation.SUM

    @property
    def kinds(self) -> set[str]:
        """The fields that say anything of quantities."""
        fields = UsageGiven.model_fields.keys() - {"aggregation"}
        return {name for name in fields if getattr(self, name) not in (None, (), {})}

    def amounts(self, ranges: Sequence[Period] | None) -> list[Decimal]:
        """Return the amounts of transactions in the order of their times, of the days of some ranges or of all."""
        dated = sorted(self.dated_transactions, key=lambda transaction: transaction.day)
        mine = [
            sale.amount for sale in dated if ranges is None or any(days.start <= sale.day < days.end for days in ranges)
        ]
        return [*self.transactions, *mine]


class ChargeUsage:
    """What a request says of one charge, as a run measures it."""

    def __init__(self, charge: Charge, usage: UsageGiven, read: Read, period: Period) -> None:
        self._charge = charge
        self._usage = usage
        self._read = read
        self._period = period

    @property
    def is_stated(self) -> bool:
        """Whether the request says what was used."""
        return bool(self._usage.kinds)

    @property
    def is_told_by_parts(self) -> bool:
        """Whether the request says a quantity of the charge that adds up over the parts of a month."""
        return self._charge.meter is not None and self.is_stated and self._usage.aggregation in ADDITIVE

    def refuse_other_kinds(self) -> None:
        """Refuse usage that the price cannot take: it would cost nothing, and nobody would see why."""
        price, given = self._charge.price, self._usage.kinds
        if self._charge.quantity is not None or given <= price.priced_by:
            return
        wanted = " or ".join(f"usage.{name}" for name in sorted(price.priced_by)) or "no usage"
        others = ", ".join(f"usage.{name}" for name in sorted(given - price.priced_by))
        message = f"the price model {price.model} is priced by {wanted}, not by {others}"
        raise InvalidInput(message)

    def meters(self) -> Iterator[Meter]:
        """Yield the meters that the charge reads."""
        for name in self._charge.meters:
            is_level = name in self._charge.price.meters
            yield _meter(name, Aggregation.MAX if is_level else self._usage.aggregation)

    def prefixes(self) -> set[str]:
        """Return the parts of which the request says how much was used before a day."""
        if self._usage.dated_transactions:
            return set(self._read.prefixes)
        named = [set(group.parts) for group in self._usage.groups] or [set(self._usage.parts)]
        return set.intersection(*named) & self._read.prefixes.keys()

    def unsaid_prefixes(self) -> set[str]:
        """Return the parts of its own of which it does not: for them terms go by days."""
        return self._read.prefixes.keys() - self.prefixes()

    def quantities(self) -> Iterator[Quantity]:
        """Yield what each reading finds, for the whole period and for each part of it."""
        for reading in sorted(self._read.readings, key=repr):
            yield from self._transactions(reading) if reading.transactions is not None else self._measured(reading)

    @property
    def _parts(self) -> list[str]:
        return list(dict.fromkeys((WHOLE, *self._read.parts, *sorted(self.prefixes()))))

    def _measured(self, reading: Reading) -> Iterator[Quantity]:
        extras: dict[str, Any] = {}
        if reading.by_price:
            extras["prices"] = self._usage.prices
        elif reading.by_day:
            extras["days"] = self._usage.days
        for group in self._groups(reading):
            self._refuse_missing_parts(reading, group)
            for part in self._parts:
                yield Quantity(
                    meter=reading.meter,
                    group_by=reading.group_by,
                    dimension={name: group.dimension.get(name, "") for name in reading.group_by},
                    quantity=group.parts.get(part, group.quantity or Decimal(0)),
                    events=0,
                    variant=reading.variant,
                    part=part,
                    **extras,
                )

    def _groups(self, reading: Reading) -> list[Group]:
        usage = self._usage
        if reading.group_by:
            return [self._added_up(group) for group in usage.groups]
        if reading.meter in usage.meters:
            return [Group(dimension={}, quantity=usage.meters[reading.meter])]
        if reading.by_price:
            return [Group(dimension={}, quantity=sum((priced.quantity for priced in usage.prices), Decimal(0)))]
        return [self._added_up(Group(dimension={}, quantity=usage.quantity, parts=usage.parts))]

    def _added_up(self, group: Group) -> Group:
        """Return a group with its whole quantity: that of its parts where it says none."""
        own = [group.parts[name] for name in self._read.parts if name in group.parts]
        if group.quantity is not None or self._usage.aggregation not in ADDITIVE:
            return group
        return group.model_copy(update={"quantity": sum(own, Decimal(0))})

    def _refuse_missing_parts(self, reading: Reading, group: Group) -> None:
        changes = len(self._read.parts) > 1
        if changes and reading.by_price:
            message = f"terms change within {self._period.name}: prices of events cannot be told apart by days"
            raise InvalidInput(message)
        levels = {*self._charge.price.meters, self._charge.seats_meter}
        adds_up = self._usage.aggregation in ADDITIVE and reading.meter not in levels
        missing = self._read.parts.keys() - group.parts.keys()
        if changes and adds_up and missing and reading.variant == "":
            where = "the parts of each of usage.groups" if reading.group_by else "usage.parts"
            message = f"terms change within {self._period.name}: {where} must say the quantity of "
            raise InvalidInput(message + ", ".join(sorted(missing)))

    def _transactions(self, reading: Reading) -> Iterator[Quantity]:
        """Yield the transactions of the period and of each part of it; parts need to know their days."""
        changes = len(self._read.parts) > 1
        if changes and self._usage.transactions:
            message = f"terms change within {self._period.name}: usage.dated_transactions must say the day of each"
            raise InvalidInput(message)
        days = {transaction.day for transaction in self._usage.dated_transactions}
        outside = sorted(day for day in days if not self._period.start <= day < self._period.end)
        if outside:
            message = f"usage.dated_transactions has days outside {self._period.name}: "
            raise InvalidInput(message + ", ".join(map(str, outside)))
        for part in self._parts:
            ranges = {**self._read.prefixes, **self._read.parts}.get(part)
            amounts = self._usage.amounts(ranges if changes or part in self._read.prefixes else None)
            yield Quantity(
                meter=reading.meter,
                group_by=reading.group_by,
                dimension=dict.fromkeys(reading.group_by, ""),
                quantity=sum(amounts, Decimal(0)),
                events=len(amounts),
                variant=reading.variant,
                part=part,
                tally=tally(amounts, reading.transactions or Transactions()),
            )


def _meter(name: str, aggregation: Aggregation) -> Meter:
    return Meter(
        id=name,
        version=1,
        name=name,
        unit="units",
        event_type="usage",
        aggregation=aggregation,
        value_property=None if aggregation is Aggregation.COUNT else "value",
        price_property="price" if aggregation is Aggregation.SUM else None,
        percentile=Decimal(50) if aggregation is Aggregation.PERCENTILE else None,
    )
