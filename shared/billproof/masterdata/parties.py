"""Who bills and who is billed: legal entities and accounts, as the CRM states them."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from billproof.errors import InvalidInput
from billproof.model import Model
from billproof.money import Rounding
from billproof.names import Country, Currency, Name, TimeZone, Version
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


class TaxEngineName(StrEnum):
    """What determines a legal entity's tax: Billproof's own rules, or an external tax engine."""

    RULES = "rules"
    STRIPE = "stripe"


EMBEDDED_LEDGER = "embedded"
"""The name of the ledger that comes with billproof, for a legal entity that has no ERP."""


class LegalEntity(Model):
    """Who bills: its own currency, registrations, number series, rounding policies, tax engine, and ERP.

    `erp` is the name of an ERP that is configured; what was posted stays in the ERP where it was posted.
    """

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
    tax_engine: TaxEngineName = TaxEngineName.RULES
    erp: Name = EMBEDDED_LEDGER
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
