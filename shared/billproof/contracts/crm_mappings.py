"""How orders of a CRM become contracts: versioned data that somebody owns, no code.

    product of the CRM -> charges    customer of the CRM -> account    currencies, statuses and fields that are known

What a mapping does not say is no default: the order waits, and its exception names what is missing and who owns it.
"""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from billproof.cadence import Cadence
from billproof.contracts.charges import Charge, Recognition, Refund, Timing
from billproof.contracts.model import Exclusion
from billproof.model import Exact, Flag, Model
from billproof.names import BOUNDED, ONE_LINE, Currency, Name, Nonnegative, TimeZone, Version
from billproof.pricing.models import Price
from billproof.quantities import QuantityRule

Text = Annotated[str, StringConstraints(min_length=1), ONE_LINE, BOUNDED]
Texts = Annotated[tuple[Text, ...], Field(max_length=1_000)]


class PricedBy(StrEnum):
    """Where the price of a charge comes from.

    `unit_price`: the CRM's price of a unit. `total`: what the CRM's line comes to, for each service period. `mapping`:
    the price that stands in the mapping.
    """

    UNIT_PRICE = "unit_price"
    TOTAL = "total"
    MAPPING = "mapping"


class ChargeTemplate(Model):
    """A charge that a product becomes; what the CRM's line says is filled in.

    `per_units` is how many units the CRM's price is for: 1000 for a price of a thousand. With `states_quantity` the
    line's quantity is the charge's; a price of a line of several without it would count once, and the order waits.
    """

    id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,40}$")]
    name: Text
    product: Text
    revenue_category: Text
    timing: Timing
    priced_by: PricedBy
    price: Price | None = None
    per_units: Annotated[Exact, Field(gt=0)] = Decimal(1)
    states_quantity: Flag = False
    meter: Name | None = None
    group_by: tuple[str, ...] = ()
    conversion: QuantityRule | None = None
    included_quantity: Nonnegative | None = None
    cadence: Cadence = Field(default_factory=Cadence)
    refund: Refund = Refund.PRORATED
    recognition: Recognition | None = None

    @model_validator(mode="after")
    def _makes_a_charge(self) -> Self:
        if (self.price is None) == (self.priced_by is PricedBy.MAPPING):
            message = f"charge {self.id}: a price stands in the mapping where priced_by is mapping, and nowhere else"
            raise ValueError(message)
        sample = {"effective": {"start": "2001-01-01"}, "price": self.price_of("1")}
        Charge.model_validate(self.terms | sample | ({"quantity": "1"} if self.states_quantity else {}))
        return self

    @property
    def terms(self) -> dict[str, Any]:
        """What the charge says whatever the line says."""
        own = {"priced_by", "price", "per_units", "states_quantity"}
        return self.model_dump(mode="json", exclude=own)

    def price_of(self, amount: str) -> dict[str, Any]:
        """Return the price as JSON, with the amount that the CRM states, as text."""
        match self.priced_by:
            case PricedBy.UNIT_PRICE:
                return {"model": "per_unit", "unit_price": amount}
            case PricedBy.TOTAL:
                return {"model": "flat", "amount": amount}
            case PricedBy.MAPPING:
                return {} if self.price is None else self.price.model_dump(mode="json")


class MappedProduct(Model):
    """What a product of the CRM is billed as.

    `frequency` is how often the CRM must say that it is billed, in the CRM's word; empty where it says nothing. With
    `by_line` each line of the product is a charge of its own, and its id ends in the line's number.
    """

    code: Text
    charges: Annotated[tuple[ChargeTemplate, ...], Field(min_length=1, max_length=20)]
    frequency: Annotated[str, ONE_LINE, BOUNDED] = ""
    by_line: Flag = False

    @model_validator(mode="after")
    def _one_takes_the_price(self) -> Self:
        if sum(charge.priced_by is not PricedBy.MAPPING for charge in self.charges) > 1:
            message = f"product {self.code}: two charges would both take the CRM's price"
            raise ValueError(message)
        return self


class MappedCustomer(Model):
    """The account that a customer of the CRM is."""

    customer: Text
    account: Name


class CrmMapping(Model):
    """A version of the mapping of a CRM; the latest one counts.

    Its id is the CRM's: `salesforce`, `hubspot`, or a name of yours for files.

    `owner` is who adds what is missing. `contract_prefix` is before the order's number in the contract's id. `currency`
    is that of orders that state none. Orders of the statuses `signed` are billed, those of `unsigned` are not yet.
    `ignored_fields` are custom fields that have nothing to do with billing.
    """

    kind: Literal["crm_mapping"] = "crm_mapping"
    id: Name
    version: Version
    owner: Text
    legal_entity: Name
    contract_prefix: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,15}$")]
    time_zone: TimeZone
    signed_by: Text
    currencies: Annotated[tuple[Currency, ...], Field(min_length=1)]
    currency: Currency | None = None
    signed: Annotated[Texts, Field(min_length=1)]
    unsigned: Texts = ()
    ignored_fields: Texts = ()
    customers: Annotated[tuple[MappedCustomer, ...], Field(max_length=2_000)] = ()
    products: Annotated[tuple[MappedProduct, ...], Field(max_length=500)] = ()
    exclusions: tuple[Exclusion, ...] = ()

    @model_validator(mode="after")
    def _names_once(self) -> Self:
        names = (
            ("customers", [one.customer for one in self.customers]),
            ("products", [one.code for one in self.products]),
        )
        for what, codes in (*names, ("statuses", [*self.signed, *self.unsigned])):
            twice = sorted({code for code in codes if codes.count(code) > 1})
            if twice:
                message = f"{what} stand there twice: {', '.join(twice)}"
                raise ValueError(message)
        return self

    @property
    def name(self) -> str:
        """How messages call it."""
        return f"mapping {self.id} version {self.version}"

    def product(self, code: str) -> MappedProduct | None:
        """Return what a product is billed as, or None."""
        return next((product for product in self.products if product.code == code), None)

    def account(self, customer: str) -> str | None:
        """Return the account of a customer, or None."""
        return next((known.account for known in self.customers if known.customer == customer), None)
