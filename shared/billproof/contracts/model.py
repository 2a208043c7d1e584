"""Legal entities, accounts, meters and contracts as the CRM states them. Each is versioned; a version never changes."""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from billproof.contracts.charges import Charge, Commitment, Credit, Discount, Renewal, SpendCap, Waiver
from billproof.contracts.exchange import ExchangeRate
from billproof.contracts.names import Country, Currency, EventType, Name, TimeZone, Version
from billproof.contracts.policy import Policy
from billproof.errors import InvalidInput
from billproof.ids import digest
from billproof.model import Exact, Model
from billproof.money import Rounding
from billproof.periods import DateRange, ProrationTerms
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

    def revenue_of(self, category: str) -> str:
        """Return the account of a revenue category; raises InvalidInput where the chart has none."""
        account = self.revenue.get(category)
        if account is None:
            message = f"the chart of accounts has no revenue account for {category!r}"
            raise InvalidInput(message)
        return account


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
    """Who is billed. `vat_number` is its tax number where it is established.

    An account with a `parent` is billed on its parent's invoice, for good; a parent has none itself.
    """

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
    parent: Name | None = None


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


class Exclusion(Model):
    """Events that the contract does not bill, with the clause that says so."""

    event_type: EventType
    reason: str


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


AnyMasterData = LegalEntity | Account | Meter | Contract | Policy | CrmState | ExchangeRate
MasterData = Annotated[AnyMasterData, Field(discriminator="kind")]
"""What the contract-events queue carries."""
