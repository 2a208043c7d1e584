"""How meters are read, and the exact quantities that come of it."""

from decimal import Decimal

from billproof.model import Exact, Model


class Transactions(Model):
    """How single transactions count: which of them are free, and at which amounts their fee meets a bound.

    The first `free_transactions` in time are free, and the first `free_amount` of them together, whichever ends first;
    null is no such bound. What is left of one counts as low below `low`, and as high from `high` on.
    """

    free_transactions: int | None = None
    free_amount: Exact | None = None
    low: Exact | None = None
    high: Exact | None = None


class Reading(Model):
    """How a charge reads a meter: by which properties, and whether by price, transaction or local day."""

    meter: str
    group_by: tuple[str, ...] = ()
    by_price: bool = False
    transactions: Transactions | None = None
    by_day: bool = False

    @property
    def variant(self) -> str:
        """What tells the quantities of this reading from others of the same meter and properties."""
        if self.by_price:
            return "by price"
        if self.transactions is not None:
            return self.transactions.model_dump_json(exclude_none=True)
        return "by day" if self.by_day else ""


class PricedQuantity(Model):
    """A quantity whose events carried one price."""

    unit_price: Exact
    quantity: Exact


class TransactionTally(Model):
    """Transactions by what they pay: nothing, the least, their percentage, or the most; what of them was free apart."""

    covered_events: int = 0
    free_amount: Exact = Decimal(0)
    low_events: int = 0
    low_amount: Exact = Decimal(0)
    events: int = 0
    amount: Exact = Decimal(0)
    high_events: int = 0
    high_amount: Exact = Decimal(0)


class Quantity(Model):
    """An exact quantity of a meter, for one combination of the grouping properties.

    `variant`, `prices`, `tally` and `days` are of readings by price, transaction or day (null before a level's first
    reading). `part` names the part of the period that was measured; empty, it is the whole. `before` is the level that
    it begins with; null where there is none.
    """

    meter: str
    group_by: tuple[str, ...]
    dimension: dict[str, str]
    quantity: Exact
    events: int
    variant: str = ""
    part: str = ""
    prices: tuple[PricedQuantity, ...] = ()
    tally: TransactionTally | None = None
    days: tuple[Exact | None, ...] = ()
    before: Exact | None = None

    def is_of(self, reading: Reading, part: str = "") -> bool:
        """Say whether it is what a reading asked for, over the whole period or a part of it."""
        own = (self.meter, self.group_by, self.variant, self.part)
        return own == (reading.meter, reading.group_by, reading.variant, part)
