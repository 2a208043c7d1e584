"""Legal entities, accounts, meters and contracts as the CRM states them. Each is versioned; a version never changes."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from billproof.contracts.names import Country, Currency, EventType, Name, Nonnegative, TimeZone, Version
from billproof.contracts.policy import Policy
from billproof.contracts.prices import Price
from billproof.model import Exact, Model
from billproof.money import Rounding
from billproof.periods import DateRange


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


class LegalEntity(Model):
    """Who bills: its own currency, registrations, number series, ledger and rounding policy."""

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
    tax_registrations: tuple[TaxRegistration, ...]
    chart_of_accounts: ChartOfAccounts

    def registered_in(self, jurisdiction: str) -> bool:
        """Say whether the entity collects tax there."""
        return any(registration.jurisdiction == jurisdiction for registration in self.tax_registrations)


class CustomerKind(StrEnum):
    """Whether the customer buys for business or for private use."""

    BUSINESS = "business"
    CONSUMER = "consumer"


class Account(Model):
    """Who is billed."""

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


class Aggregation(StrEnum):
    """How a meter turns events into a quantity."""

    COUNT = "count"
    SUM = "sum"
    DISTINCT = "distinct"
    MAX = "max"
    LATEST = "latest"


OUR_TYPES = "billproof."
"""What the types of control totals and the like begin with."""


class Meter(Model):
    """What is measured: the events of one type, aggregated over one property of their data.

    `count` needs no property. For the others an event without the property contributes nothing when `required` is
    false; when it is true such an event is refused at the door.
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
        return self.aggregation in {Aggregation.SUM, Aggregation.MAX, Aggregation.LATEST}


class Timing(StrEnum):
    """Whether a charge is billed before or after the service period it pays for."""

    IN_ADVANCE = "in_advance"
    IN_ARREARS = "in_arrears"


class Charge(Model):
    """One thing that a contract charges for."""

    id: Name
    name: str
    product: str
    revenue_category: str
    price: Price
    timing: Timing
    effective: DateRange
    meter: Name | None = None
    group_by: tuple[str, ...] = ()
    included_quantity: Nonnegative | None = None
    floor_unit_price: Nonnegative | None = None
    seats_meter: Name | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.price.needs_meter != (self.meter is not None):
            verb = "needs a meter" if self.price.needs_meter else "takes no meter"
            message = f"charge {self.id}: the price model {self.price.model} {verb}"
            raise ValueError(message)
        if self.meter is None and (self.group_by or self.included_quantity is not None):
            message = f"charge {self.id}: group_by and included_quantity are for metered charges"
            raise ValueError(message)
        if self.timing is Timing.IN_ADVANCE and self.price.model not in {"flat", "seats"}:
            message = f"charge {self.id}: {self.price.model} cannot be billed in advance"
            raise ValueError(message)
        if self.seats_meter is not None and self.price.model != "seats":
            message = f"charge {self.id}: seats_meter is for charges of seats"
            raise ValueError(message)
        if self.group_by and self.included_quantity is not None:
            message = f"charge {self.id}: an included quantity cannot be shared among the groups of group_by"
            raise ValueError(message)
        return self


class Discount(Model):
    """A percentage off the named charges for the days in which it is effective.

    Over a period that it covers in part, the percentage is taken of the charge's share by days.
    """

    id: Name
    name: str
    percent: Annotated[Exact, Field(gt=0, le=100)]
    charges: Annotated[tuple[Name, ...], Field(min_length=1)]
    effective: DateRange


class Commitment(Model):
    """The least that the named charges, after discounts, come to in a period; the rest is billed as a shortfall."""

    id: Name
    name: str
    amount: Nonnegative
    charges: Annotated[tuple[Name, ...], Field(min_length=1)]
    revenue_category: str
    effective: DateRange


class Exclusion(Model):
    """Events that the contract does not bill, with the clause that says so."""

    event_type: EventType
    reason: str


class Renewal(Model):
    """When the contract renews, and by how much its prices then rise: a new version must say the new prices."""

    renews_on: date
    uplift_percent: Annotated[Exact, Field(gt=0, le=1_000)]


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


class Contract(Model):
    """A version of the terms between an account and its legal entity."""

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
    exclusions: tuple[Exclusion, ...] = ()
    renewal: Renewal | None = None

    @model_validator(mode="after")
    def _names_are_sound(self) -> Self:
        terms: tuple[Any, ...] = (*self.charges, *self.discounts, *self.commitments)
        ids = [term.id for term in terms]
        if len(set(ids)) != len(ids):
            message = f"contract {self.id}: two terms share an id"
            raise ValueError(message)
        charges = {charge.id for charge in self.charges}
        named: tuple[Discount | Commitment, ...] = (*self.discounts, *self.commitments)
        for term in named:
            unknown = set(term.charges) - charges
            if unknown:
                message = f"contract {self.id}: {term.id} names charges that are not there: {sorted(unknown)}"
                raise ValueError(message)
        return self


MasterData = Annotated[LegalEntity | Account | Meter | Contract | Policy | CrmState, Field(discriminator="kind")]
"""What the contract-events queue carries."""
