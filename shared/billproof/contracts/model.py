"""Legal entities, accounts, meters and contracts as the CRM states them. Each is versioned; a version never changes."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from billproof.contracts.names import Country, Currency, EventType, Name, Nonnegative, TimeZone, Version
from billproof.contracts.policy import Policy
from billproof.contracts.prices import Capacity, DueOnce, Matrix, Price, Seats
from billproof.ids import digest
from billproof.model import Exact, Model
from billproof.money import Rounding
from billproof.periods import Cadence, DateRange, ProrationTerms
from billproof.quantities import QuantityRule


class Address(Model):
    """A postal address; country is ISO 3166-1 alpha-2, region the part after the dash in ISO 3166-2."""

    lines: tuple[str, ...]
    city: str
    postal_code: str
    country: Country
    region: str | None = None


class TaxRegistration(Model):
    """Where a legal entity must collect tax: `DE`, or `US-TX` for a state in which it has nexus."""

    jurisdiction: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$")]
    number: str


class ChartOfAccounts(Model):
    """Ledger accounts of a legal entity; revenue by revenue category, with no silent default."""

    receivable: str
    deferred_revenue: str
    tax_payable: str
    revenue: dict[str, str]
    bad_debt: str | None = None


class TaxRounding(StrEnum):
    """Whether tax is rounded on each line, or once for all lines of a document that bear the same tax."""

    PER_LINE = "per_line"
    PER_DOCUMENT = "per_document"


class LegalEntity(Model):
    """Who bills: its own currency, registrations, number series, ledger and rounding policies."""

    kind: Literal["legal_entity"] = "legal_entity"
    id: Annotated[Name, StringConstraints(max_length=40)]  # it begins the names of executions, at most 80 long
    version: Version
    name: str
    address: Address
    currency: Currency
    time_zone: TimeZone
    number_prefix: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{1,8}(-[A-Z0-9]{1,8})?$")]
    payment_days: Annotated[int, Field(ge=0, le=365)]
    rounding: Rounding
    tax_rounding: TaxRounding = TaxRounding.PER_LINE
    tax_registrations: tuple[TaxRegistration, ...]
    chart_of_accounts: ChartOfAccounts

    def registered_in(self, jurisdiction: str) -> bool:
        """Say whether the entity collects tax there."""
        return any(registration.jurisdiction == jurisdiction for registration in self.tax_registrations)


class CustomerKind(StrEnum):
    """Whether the customer buys for business or for private use."""

    BUSINESS = "business"
    CONSUMER = "consumer"


class Exemption(Model):
    """A certificate by which an account is free of a jurisdiction's tax for some days."""

    jurisdiction: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$")]
    certificate: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    reason: str
    effective: DateRange


class Account(Model):
    """Who is billed. `vat_number` is its tax number where it is established."""

    kind: Literal["account"] = "account"
    id: Name
    version: Version
    name: str
    legal_entity: Name
    address: Address
    customer_kind: CustomerKind
    vat_number: str | None = None
    billing_email: Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+$")]
    locale: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(_[A-Z]{2})?$")] = "en_US"
    exemptions: tuple[Exemption, ...] = ()


class Aggregation(StrEnum):
    """How a meter turns events into a quantity.

    `weighted_sum` reads a level that holds from its event until the next one: each level times the share of the period
    that it lasted. Every period begins at zero, so a source states the level at its start. `percentile` is the smallest
    value that at least that percentage of the events do not exceed (nearest rank).
    """

    COUNT = "count"
    SUM = "sum"
    DISTINCT = "distinct"
    MAX = "max"
    LATEST = "latest"
    WEIGHTED_SUM = "weighted_sum"
    PERCENTILE = "percentile"


OUR_TYPES = "billproof."
"""What the types of control totals and the like begin with."""


class Meter(Model):
    """What is measured: the events of one type, aggregated over one property of their data.

    `count` needs no property. For the others an event without the property contributes nothing when `required` is
    false; when it is true such an event is refused at the door. Only events count whose properties have one of the
    values that `where` names for them; an event that no meter of its type counts is without a price. The quantity is
    rounded by `rounding` before anything prices it. With a `price_property` every event must carry its unit's price.
    """

    kind: Literal["meter"] = "meter"
    id: Name
    version: Version
    name: str
    unit: str
    event_type: EventType
    aggregation: Aggregation
    value_property: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")] | None = None
    required: bool = False
    price_property: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")] | None = None
    percentile: Annotated[Exact, Field(gt=0, le=100)] | None = None
    where: dict[str, Annotated[tuple[str, ...], Field(min_length=1)]] = Field(default_factory=dict)
    rounding: QuantityRule | None = None

    @model_validator(mode="after")
    def _price_of_a_sum(self) -> Self:
        if self.price_property is not None and self.aggregation is not Aggregation.SUM:
            message = f"meter {self.id}: only a meter that sums has a price_property"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _percentile_where_needed(self) -> Self:
        if (self.aggregation is Aggregation.PERCENTILE) != (self.percentile is not None):
            message = f"meter {self.id}: the aggregation percentile needs a percentile, and no other takes one"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _property_where_needed(self) -> Self:
        if (self.aggregation is Aggregation.COUNT) != (self.value_property is None):
            message = f"meter {self.id}: every aggregation but count needs a value_property, and count takes none"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _type_is_not_ours(self) -> Self:
        if self.event_type.startswith(OUR_TYPES):
            message = f"meter {self.id}: event types that begin with {OUR_TYPES} are billproof's own"
            raise ValueError(message)
        return self

    @property
    def is_numeric(self) -> bool:
        """Whether the property must hold an exact quantity."""
        return self.aggregation not in {Aggregation.COUNT, Aggregation.DISTINCT}


class Timing(StrEnum):
    """Whether a charge is billed before or after the service period it pays for."""

    IN_ADVANCE = "in_advance"
    IN_ARREARS = "in_arrears"


class Refund(StrEnum):
    """What becomes of the rest of a service period that was billed in advance when its charge ends within it."""

    PRORATED = "prorated"
    NONE = "none"


class RampStep(Model):
    """A price that holds from a day on, in place of the one before."""

    start: date
    price: Price


class Charge(Model):
    """One thing that a contract charges for.

    A price of quantities reads a `meter`, or the `quantity` that the contract states. Metered charges are billed by
    calendar months; others by their cadence. `included_quantity` is free in every month, shared by days in a part of
    one; what is not used of it rolls over to the next month where `rollover` says so.
    """

    id: Name
    name: str
    product: str
    revenue_category: str
    price: Price
    timing: Timing
    effective: DateRange
    meter: Name | None = None
    quantity: Nonnegative | None = None
    group_by: tuple[str, ...] = ()
    conversion: QuantityRule | None = None
    included_quantity: Nonnegative | None = None
    rollover: bool = False
    floor_unit_price: Nonnegative | None = None
    seats_meter: Name | None = None
    cadence: Cadence = Field(default_factory=Cadence)
    ramp: Annotated[tuple[RampStep, ...], Field(max_length=120)] = ()
    refund: Refund = Refund.PRORATED

    @property
    def is_metered(self) -> bool:
        """Whether its quantity is measured, so that it can be billed only when its period is over."""
        return self.meter is not None or isinstance(self.price, Capacity)

    @property
    def meters(self) -> tuple[str, ...]:
        """Every meter that it reads."""
        limited = self.price.meters if isinstance(self.price, Capacity) else ()
        return tuple(dict.fromkeys(name for name in (self.meter, self.seats_meter, *limited) if name is not None))

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for step in self.ramp:
            if step.price.needs_quantity != self.price.needs_quantity or isinstance(step.price, DueOnce):
                self._refuse(f"a ramp from {self.price.model} to {step.price.model} is a charge of its own")
        if [step.start for step in self.ramp] != sorted({step.start for step in self.ramp}):
            self._refuse("the steps of a ramp must rise by their start")
        for price in (self.price, *(step.price for step in self.ramp)):
            self._check(price)
        return self

    def _check(self, price: Price) -> None:
        of_transactions = price.model in {"percentage", "dynamic"}
        sources = (self.meter is not None) + (self.quantity is not None)
        needs = "needs a meter or a quantity" if price.needs_quantity else "takes no meter and no quantity"
        rules = (
            (sources == price.needs_quantity, f"the price model {price.model} {needs}"),
            (
                self.meter is not None or not (self.group_by or self.included_quantity is not None),
                "group_by and included_quantity are for metered charges",
            ),
            (
                self.timing is Timing.IN_ARREARS or (price.in_advance and not self.is_metered),
                f"{price.model} cannot be billed in advance",
            ),
            (self.seats_meter is None or isinstance(price, Seats), "seats_meter is for charges of seats"),
            (
                not isinstance(price, Seats) or price.true_up == "none" or self.seats_meter is not None,
                "a true-up of seats needs a seats_meter",
            ),
            (
                self.included_quantity is None or not (self.group_by or of_transactions),
                "an included quantity cannot be shared among groups of group_by or transactions",
            ),
            (not self.rollover or self.included_quantity is not None, "rollover is for an included quantity"),
            (
                self.conversion is None or (price.needs_quantity and not of_transactions),
                f"{price.model} takes no conversion of its quantity",
            ),
            (
                self.meter is not None or not (of_transactions or price.model == "matrix"),
                f"the price model {price.model} needs a meter",
            ),
            (
                not isinstance(price, Matrix) or price.properties <= set(self.group_by),
                "every property that a cell matches must be in group_by",
            ),
            (
                self.cadence.is_calendar_month or not (self.is_metered or self.seats_meter),
                "what is metered is billed by calendar months",
            ),
        )
        for holds, message in rules:
            if not holds:
                self._refuse(message)

    def _refuse(self, why: str) -> None:
        message = f"charge {self.id}: {why}"
        raise ValueError(message)


class Discount(Model):
    """A percentage or an amount off the named charges for the days in which it is effective; no charges: off all.

    Over a period that it covers in part, it is taken by the share of days. Percentages come before amounts, narrow ones
    (few charges) before wide ones, each on what the earlier ones left. An amount is for a month and takes no more than
    there is; it is spread over the lines in order.
    """

    id: Name
    name: str
    percent: Annotated[Exact, Field(gt=0, le=100)] | None = None
    amount: Annotated[Exact, Field(gt=0)] | None = None
    charges: tuple[Name, ...] = ()
    products: tuple[str, ...] = ()
    effective: DateRange

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.percent is None) == (self.amount is None):
            message = f"discount {self.id}: give a percent or an amount"
            raise ValueError(message)
        return self


class Commitment(Model):
    """The least that the named charges, after discounts, come to in a month; the rest is billed as a shortfall."""

    id: Name
    name: str
    amount: Nonnegative
    charges: Annotated[tuple[Name, ...], Field(min_length=1)]
    revenue_category: str
    effective: DateRange


class SpendCap(Model):
    """The most that the named charges, after percentage discounts, come to in a month; none named: all charges."""

    id: Name
    name: str
    amount: Nonnegative
    charges: tuple[Name, ...] = ()
    effective: DateRange


class Credit(Model):
    """An amount that was paid or granted before, and that lines of the named charges draw down; none named: all.

    It is drawn in the months in which it is effective: grants of a lower priority first, then those that expire first,
    then by id. What is left when it expires is forfeited, unless `rolls_over_to` names a later credit to take it.
    """

    id: Name
    name: str
    amount: Annotated[Exact, Field(gt=0)]
    priority: Annotated[int, Field(ge=0, le=1_000)] = 100
    charges: tuple[Name, ...] = ()
    effective: DateRange
    rolls_over_to: Name | None = None


class WaiverReason(StrEnum):
    """Why a charge costs nothing for some days."""

    TRIAL = "trial"
    FREE_PERIOD = "free_period"
    PAUSE = "pause"


class Waiver(Model):
    """Days for which fixed charges and seats cost nothing; none named: all of them. Usage is billed all the same."""

    id: Name
    reason: WaiverReason
    days: DateRange
    charges: tuple[Name, ...] = ()


class Exclusion(Model):
    """Events that the contract does not bill, with the clause that says so."""

    event_type: EventType
    reason: str


class IndexValue(Model):
    """The value of a price index from a day on."""

    start: date
    value: Annotated[Exact, Field(gt=0)]


class Renewal(Model):
    """When the contract renews, and by how much its prices then rise.

    The uplift is a percentage, an amount on every flat charge, or the ratio of an index table's values at the renewal
    and before it. With `automatic` billproof raises the prices itself, on `renews_on` and every `term_months` after it;
    otherwise a new version must say the new prices, and a control watches for it. One-off charges do not rise.
    """

    renews_on: date
    uplift_percent: Annotated[Exact, Field(gt=0, le=1_000)] | None = None
    uplift_amount: Annotated[Exact, Field(gt=0)] | None = None
    index: tuple[IndexValue, ...] = ()
    automatic: bool = False
    term_months: Annotated[int, Field(ge=1, le=120)] = 12
    price_decimals: Annotated[int, Field(ge=0, le=15)] = 15

    @model_validator(mode="after")
    def _one_uplift(self) -> Self:
        if (self.uplift_percent is not None) + (self.uplift_amount is not None) + bool(self.index) != 1:
            message = "a renewal has one uplift: uplift_percent, uplift_amount or index"
            raise ValueError(message)
        starts = [each.start for each in self.index]
        if starts != sorted(set(starts)) or (starts and starts[0] >= self.renews_on):
            message = "an index table rises by start and begins before the renewal"
            raise ValueError(message)
        return self


class CrmState(Model):
    """What the CRM says a contract's terms are: the version, and the SHA-256 of that version's canonical JSON.

    Sent by the CRM after the contract itself, or at any time to check: billing compares and never adopts.
    """

    kind: Literal["crm_state"] = "crm_state"
    id: Name
    account: Name
    version: Version
    contract_version: Version
    terms_digest: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


Term = Charge | Discount | Commitment | SpendCap | Credit | Waiver


class Contract(Model):
    """A version of the terms between an account and its legal entity.

    A version governs from the start of its `effective` range until a higher version does; `effective.end` ends the
    contract. With `prices_include_tax` its prices are what the customer pays, and tax is taken out of them.
    """

    kind: Literal["contract"] = "contract"
    id: Name
    account: Name
    version: Version
    signed_by: str
    effective: DateRange
    currency: Currency
    time_zone: TimeZone
    charges: Annotated[tuple[Charge, ...], Field(min_length=1, max_length=500)]
    discounts: tuple[Discount, ...] = ()
    commitments: tuple[Commitment, ...] = ()
    caps: tuple[SpendCap, ...] = ()
    credits: tuple[Credit, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    renewal: Renewal | None = None
    proration: ProrationTerms = Field(default_factory=ProrationTerms)
    prices_include_tax: bool = False

    @property
    def terms_digest(self) -> str:
        """The SHA-256 of the terms as canonical JSON, what is left at its default left out."""
        return digest(self.model_dump(mode="json", exclude_defaults=True))

    @model_validator(mode="after")
    def _names_are_sound(self) -> Self:
        reductions: list[Discount | Commitment | SpendCap | Credit | Waiver] = [
            *self.discounts,
            *self.commitments,
            *self.caps,
            *self.credits,
            *self.waivers,
        ]
        ids = [term.id for term in (*self.charges, *reductions)]
        if len(set(ids)) != len(ids):
            message = f"contract {self.id}: two terms share an id"
            raise ValueError(message)
        charges = {charge.id for charge in self.charges}
        for term in reductions:
            unknown = set(term.charges) - charges
            if unknown:
                message = f"contract {self.id}: {term.id} names charges that are not there: {sorted(unknown)}"
                raise ValueError(message)
        for credit in self.credits:
            target = next((each for each in self.credits if each.id == credit.rolls_over_to), None)
            if credit.rolls_over_to is not None and (
                target is None or credit.effective.end is None or target.effective.start < credit.effective.end
            ):
                message = f"contract {self.id}: {credit.id} rolls over to a credit that begins when it has expired"
                raise ValueError(message)
        return self


MasterData = Annotated[LegalEntity | Account | Meter | Contract | Policy | CrmState, Field(discriminator="kind")]
"""What the contract-events queue carries."""
