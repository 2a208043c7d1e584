"""What every price model is: parameters, constraints, what it reads of usage, when it is known, and its arithmetic.

Each model is one module of this package, and `__init__.py` registers it. Nothing else names a model: the rest of
billproof asks these declarations.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_CEILING, Decimal
from typing import Annotated, Any, ClassVar, Protocol, Self

from pydantic import Field

from billproof.errors import UnpriceableCharge
from billproof.model import Computed, Exact, Model
from billproof.money import exactly
from billproof.pricing.models.examples import Section
from billproof.readings import PricedQuantity, Reading, TransactionTally

ZERO = Decimal(0)
ONE = Decimal(1)
HUNDRED = Decimal(100)
Nonnegative = Annotated[Exact, Field(ge=0)]
Positive = Annotated[Exact, Field(gt=0)]
Percent = Annotated[Exact, Field(ge=0, decimal_places=13)]
"""So that a hundredth of it still is an exact price."""
MAX_TIERS = 100
MAX_CELLS = 1_000
NOTHING = Field(default=Decimal(0))


class Step(Model):
    """One multiplication behind an amount: quantity x unit price + flat fee = amount, before rounding."""

    label: str
    quantity: Computed
    unit_price: Computed
    flat_fee: Computed
    amount: Computed


@exactly
def step_of(label: str, quantity: Decimal, unit_price: Decimal, flat_fee: Decimal = ZERO) -> Step:
    """Write down one multiplication: quantity x unit price + flat fee."""
    amount = quantity * unit_price + flat_fee
    return Step(label=label, quantity=quantity, unit_price=unit_price, flat_fee=flat_fee, amount=amount)


def amount_of(steps: Sequence[Step]) -> Decimal:
    """Add up the amounts of steps."""
    return sum((step.amount for step in steps), ZERO)


def whole_blocks(quantity: Decimal, size: Decimal) -> Decimal:
    """Return how many blocks hold a quantity, the part-used one counted whole."""
    return (quantity / size).to_integral_value(rounding=ROUND_CEILING)


@dataclass(frozen=True, slots=True)
class Used:
    """What a price model prices: a quantity, and what some models need to know of it."""

    quantity: Decimal = ZERO
    dimension: Mapping[str, str] = field(default_factory=dict)
    tally: TransactionTally | None = None
    prices: tuple[PricedQuantity, ...] = ()
    meters: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TrueUp:
    """What telemetry saw above the committed quantity; `by_day` where a step counts days, not the whole period."""

    quantity: Decimal
    step: Step
    by_day: bool


class ReadsUsage(Protocol):
    """What a price model may look at of the charge that has it."""

    @property
    def seats_meter(self) -> str | None:
        """The meter that sees seats in use."""
        ...

    @property
    def group_by(self) -> tuple[str, ...]:
        """The properties that quantities are grouped by."""
        ...


class PriceModel(Model):
    """What all price models share: whether they price a quantity, which a meter measures or the contract states."""

    model: str
    section: ClassVar[Section | None] = None
    """What docs/pricing.md says of it, with worked examples; none where another model's section does."""
    needs_quantity: ClassVar[bool] = True
    needs_meter: ClassVar[bool] = False
    """Whether its quantity can only be measured, not stated by the contract."""
    is_measured: ClassVar[bool] = False
    """Whether it reads meters of its own, so that it is known when the period is over."""
    in_advance: ClassVar[bool] = False
    """Whether it can be billed before its service period, when nothing is metered."""
    takes_allowance: ClassVar[bool] = True
    takes_conversion: ClassVar[bool] = True
    takes_pool: ClassVar[bool] = True
    """Whether quantities of several accounts can be priced together."""
    takes_seats_meter: ClassVar[bool] = False
    is_due_once: ClassVar[bool] = False
    """Whether it is due once, on a day, and not for every service period."""
    may_be_due_before: ClassVar[bool] = False
    """Whether the day on which it is due may lie before the version that says it."""
    has_tier_fees: ClassVar[bool] = False
    """Whether its steps have flat fees of tiers, which a service period owes once and whole."""
    needs_price_of_event: ClassVar[bool] = False
    """Whether its meter must name the property in which events carry their price."""
    is_of_amounts: ClassVar[bool] = False
    """Whether its events carry amounts of money: what some days used is told by what their events cost."""
    money: ClassVar[tuple[str, ...]] = ()
    """The fields that are amounts of money."""
    priced_by: ClassVar[frozenset[str]] = frozenset({"quantity", "groups", "parts", "carried"})
    """The fields of a price request's usage that say what it needs."""

    @property
    def due_day(self) -> date | None:
        """The day on which it is due, if it is due once and that day is known."""
        return None

    @property
    def stated_quantity(self) -> Decimal:
        """The quantity that the price itself states: one, or the seats that are committed."""
        return ONE

    @property
    def meters(self) -> tuple[str, ...]:
        """The meters that it names itself."""
        return ()

    @property
    def trues_up(self) -> bool:
        """Whether what telemetry sees above the stated quantity is billed in arrears."""
        return False

    def true_up_of(self, levels: Sequence[Decimal], counted: Sequence[Decimal]) -> TrueUp:
        """Return what is owed for the levels of some days above the stated quantity.

        `levels` has each day once, `counted` as often as it counts by the terms.
        """
        raise NotImplementedError  # only models that say `trues_up` are asked

    def refusals(self, charge: ReadsUsage) -> Iterator[str]:  # noqa: ARG002 (most models have no constraint of their own)
        """Yield why a charge cannot have this price."""
        yield from ()

    def reading(self, meter: str, group_by: tuple[str, ...]) -> Reading:
        """Return how it reads the charge's meter."""
        return Reading(meter=meter, group_by=group_by)

    def steps(self, used: Used) -> tuple[Step, ...]:
        """Price what was used; nothing is rounded here. The steps' amounts add up to the price.

        Raises UnpriceableCharge where the terms do not say what it costs.
        """
        raise NotImplementedError  # each model has its own: this is what it has to write

    def scaled(self, scale: Callable[[Decimal], Decimal]) -> Self:
        """Return the price with every amount of money scaled, as an uplift does."""
        changes: dict[str, Any] = {
            name: scale(value) for name in self.money if (value := getattr(self, name)) is not None
        }
        return self.model_copy(update=changes)

    def raised_by(self, amount: Decimal) -> Self:  # noqa: ARG002 (only a flat price can take it)
        """Return the price with an amount added; raises UnpriceableCharge where it has no single amount."""
        message = f"an uplift by an amount is for flat prices, not for {self.model}"
        raise UnpriceableCharge(message)


@exactly
def price_steps(price: PriceModel, used: Used) -> tuple[Step, ...]:
    """Price what was used, exactly; raises UnpriceableCharge where the terms do not say what it costs."""
    return price.steps(used)
