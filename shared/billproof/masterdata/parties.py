"""Who bills and who is billed: legal entities and accounts, as the CRM states them."""

import operator
from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, Protocol, Self

from pydantic import Field, StringConstraints, model_validator

from billproof.errors import InvalidInput
from billproof.masterdata.addresses import Address
from billproof.masterdata.charts import CashAccount, ChartOfAccounts, ErpBooks
from billproof.masterdata.csv_files import CsvAdviceFormat, CsvStatementFormat
from billproof.masterdata.documents import CustomerDocuments, EntityDocuments
from billproof.masterdata.gateways import GatewayAccount, Source, refuse_unsound
from billproof.model import Day, Flag, Model
from billproof.money import Rounding
from billproof.names import Currency, Name, Nonnegative, TimeZone, Version
from billproof.periods import DateRange


class CustomerKind(StrEnum):
    """Whether the customer buys for business or for private use."""

    BUSINESS = "business"
    CONSUMER = "consumer"


TaxJurisdiction = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3}(-[A-Z]{2,30})?)?$")]
"""A country, a part of one, or a city with a tax of its own: `DE`, `US-TX`, `ES-CN`, `US-IL-CHICAGO`."""


class TaxScheme(StrEnum):
    """By which return the tax of a jurisdiction is declared: its own, or the one-stop shop of the seller's country.

    The one-stop shop is the Union scheme of Directive 2006/112/EC, articles 369a to 369k.
    """

    NATIONAL = "national"
    ONE_STOP_SHOP = "one_stop_shop"


class TaxRegistration(Model):
    """Where a legal entity collects tax: `DE`, or `US-TX` for a state in which it has nexus.

    `effective` are the days of the registration; null: of every day.
    """

    jurisdiction: TaxJurisdiction
    number: str
    effective: DateRange | None = None
    scheme: TaxScheme = Field(default=TaxScheme.NATIONAL, exclude_if=lambda scheme: scheme is TaxScheme.NATIONAL)


class NotRegistered(Model):
    """The declared fact that a legal entity has no tax to collect in a jurisdiction and its parts, and why.

    Where it is registered all the same, in a part or for some days, the registration counts.
    """

    jurisdiction: TaxJurisdiction
    reason: Annotated[str, StringConstraints(min_length=3, max_length=500)]
    effective: DateRange | None = None

    def covers(self, jurisdiction: str, day: date) -> bool:
        """Say whether it speaks of a jurisdiction, or of what that is a part of, on a day."""
        is_part = jurisdiction == self.jurisdiction or jurisdiction.startswith(f"{self.jurisdiction}-")
        return is_part and (self.effective is None or day in self.effective)


class EarlierAddress(Model):
    """Where a legal entity was until a day: the first day on which it was elsewhere."""

    until: Day
    address: Address


class EarlierCustomer(Model):
    """What decided an account's tax until a day: the first day on which something else did."""

    until: Day
    address: Address
    customer_kind: CustomerKind
    vat_number: str | None = None


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

    `erp` is the name of an ERP that is configured; what was posted stays in the ERP where it was posted. `erp_books`
    say by the name of an ERP which books there are its own: those of an earlier ERP stay, for what was posted there.
    `not_registered` declares where it has no tax to collect: what it says nothing of is not known. `earlier_addresses`
    are in the order of their days; before the first of them it was where that one says. `bills_from` is the first day
    that billproof bills: what a contract owes from then on and no run billed is billed by the next one. Without it,
    months before an account's first invoice are another system's. A document that would leave a customer more than the
    `balance_limits` of its currency waits for a person; without a limit any does. Unless it `numbers_zero_invoices` as
    any other, invoices that come to nothing have a series of their own. `usage_sources` send for its accounts: what
    they send for no account that is known is this legal entity's to look after. Its customers' money arrives on its
    `cash_accounts`; the chart then names the accounts of payments. `csv_statements` say how its banks write statements
    as CSV, `csv_advices` how payers write what a payment pays. `gateways` hold what customers paid until they pay it
    out to a bank account. `documents` are what its invoices say, and are held without.
    """

    kind: Literal["legal_entity"] = "legal_entity"
    id: Annotated[Name, StringConstraints(max_length=40)]  # it begins the names of executions, at most 80 long
    version: Version
    name: str
    address: Address
    currency: Currency
    time_zone: TimeZone
    number_prefix: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{1,8}(-[A-Z0-9]{1,8})?$")]
    payment_days: Annotated[int, Field(strict=True, ge=0, le=365)]
    bills_from: Day | None = None
    rounding: Rounding
    tax_rounding: TaxRounding = TaxRounding.PER_LINE
    tax_engine: TaxEngineName = TaxEngineName.RULES
    erp: Name = EMBEDDED_LEDGER
    tax_registrations: tuple[TaxRegistration, ...]
    not_registered: tuple[NotRegistered, ...] = ()
    earlier_addresses: tuple[EarlierAddress, ...] = ()
    chart_of_accounts: ChartOfAccounts
    balance_limits: dict[Currency, Nonnegative] = Field(default_factory=dict)
    numbers_zero_invoices: Flag = True
    usage_sources: tuple[str, ...] = Field(default=(), exclude_if=operator.not_)
    cash_accounts: tuple[CashAccount, ...] = Field(default=(), exclude_if=operator.not_)
    csv_statements: tuple[CsvStatementFormat, ...] = Field(default=(), exclude_if=operator.not_)
    csv_advices: tuple[CsvAdviceFormat, ...] = Field(default=(), exclude_if=operator.not_)
    gateways: tuple[GatewayAccount, ...] = Field(default=(), exclude_if=operator.not_)
    erp_books: dict[Name, ErpBooks] = Field(default_factory=dict, exclude_if=operator.not_)
    documents: EntityDocuments | None = Field(default=None, exclude_if=operator.not_)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        _refuse_disorder(self.earlier_addresses)
        return self

    @model_validator(mode="after")
    def _can_book_cash(self) -> Self:
        sources = [account.source for account in self.cash_accounts]
        if len(set(sources)) != len(sources):
            message = "two cash accounts have one source"
            raise ValueError(message)
        if sources and self.chart_of_accounts.cash is None:
            message = "with cash accounts, the chart of accounts names those of payments: cash"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _names_each_csv_format(self) -> Self:
        of_kinds = ([one.id for one in self.csv_statements], [one.id for one in self.csv_advices])
        if any(len(set(names)) != len(names) for names in of_kinds):
            message = "two CSV formats have one id"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _can_book_gateways(self) -> Self:
        refuse_unsound(self.gateways, self.cash_accounts, self.chart_of_accounts, self.currency)
        return self

    def gateway(self, source: str) -> GatewayAccount:
        """Return the gateway of a source; raises InvalidInput where there is none."""
        gateway = next((gateway for gateway in self.gateways if gateway.source == source), None)
        if gateway is None:
            message = f"{self.id} has no gateway of that name"
            raise InvalidInput(message)
        return gateway

    def csv_format(self, name: str) -> CsvStatementFormat:
        """Return the CSV format of a name; raises InvalidInput where there is none."""
        declared = next((declared for declared in self.csv_statements if declared.id == name), None)
        if declared is None:
            message = f"{self.id} has no CSV format of that name"
            raise InvalidInput(message)
        return declared

    def cash_account(self, source: str) -> CashAccount | None:
        """Return the cash account of a source, or None."""
        return next((account for account in self.cash_accounts if account.source == source), None)

    def registrations_on(self, day: date) -> tuple[TaxRegistration, ...]:
        """Return the registrations that hold on a day."""
        return tuple(
            registration
            for registration in self.tax_registrations
            if registration.effective is None or day in registration.effective
        )

    def registered_in(self, jurisdiction: str, day: date) -> bool:
        """Say whether the entity collects tax there on a day."""
        return any(registration.jurisdiction == jurisdiction for registration in self.registrations_on(day))

    def not_registered_in(self, jurisdiction: str, day: date) -> NotRegistered | None:
        """Return the declaration that the entity has no tax to collect there on a day, or None."""
        return next((declaration for declaration in self.not_registered if declaration.covers(jurisdiction, day)), None)

    def on(self, day: date) -> Self:
        """Return the entity with the address of a day."""
        earlier = _of_day(self.earlier_addresses, day)
        return self.model_copy(update={"address": earlier.address}) if earlier else self


class Exemption(Model):
    """A certificate by which an account is free of a jurisdiction's tax for some days."""

    jurisdiction: TaxJurisdiction
    certificate: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    reason: str
    effective: DateRange


class PaymentMethod(Model):
    """What a customer saved at a gateway to be charged: the gateway's tokens for both, and never a card's number."""

    gateway: Source
    customer: Annotated[str, StringConstraints(pattern=r"^cus_[A-Za-z0-9]{1,64}$")]
    method: Annotated[str, StringConstraints(pattern=r"^(pm|card|src|ba)_[A-Za-z0-9]{1,64}$")]


class Account(Model):
    """Who is billed. `vat_number` is its tax number where it is established.

    An account with a `parent` is billed on its parent's invoice, for good; a parent has none itself.
    `payment_method` is charged for what contracts that are charged automatically bill.
    `earlier` says what its address, kind and number were until some days, in their order: a supply is taxed by what
    held at its own time. `documents` is what its accounts payable asks of an invoice.
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
    earlier: tuple[EarlierCustomer, ...] = ()
    payment_method: PaymentMethod | None = Field(default=None, exclude_if=operator.not_)
    documents: CustomerDocuments | None = Field(default=None, exclude_if=operator.not_)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        _refuse_disorder(self.earlier)
        return self

    def on(self, day: date) -> Self:
        """Return the account with the address, kind and tax number of a day."""
        earlier = _of_day(self.earlier, day)
        if earlier is None:
            return self
        changes = {name: getattr(earlier, name) for name in ("address", "customer_kind", "vat_number")}
        return self.model_copy(update=changes)


class _UntilADay(Protocol):
    @property
    def until(self) -> date: ...


def _refuse_disorder(earlier: Sequence[_UntilADay]) -> None:
    days = [version.until for version in earlier]
    if days != sorted(set(days)):
        message = "what held until some days is listed in the order of those days, each once"
        raise ValueError(message)


def _of_day[T: _UntilADay](earlier: Sequence[T], day: date) -> T | None:
    """Return what held on a day, or None where that is what holds now."""
    return next((version for version in earlier if day < version.until), None)
