"""The terms of a batch, frozen when its run is planned."""

import operator
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from pydantic import Field, model_validator

from billproof.approvals.policy import Policy
from billproof.contracts.billed_in import BilledIn
from billproof.contracts.charges import RecognitionMethod
from billproof.contracts.model import Contract, ZeroInvoices
from billproof.errors import UnpriceableCharge
from billproof.findings import Finding
from billproof.identities import ContractPath, LineIdFormat
from billproof.masterdata.exchange_rates import ExchangeRate
from billproof.masterdata.meters import Meter
from billproof.masterdata.parties import Account, LegalEntity
from billproof.model import Computed, Exact, Model
from billproof.money import Money, Rounding, Taxed
from billproof.periods import Period
from billproof.pricing.issue_terms import IssueTerms, PaidAhead
from billproof.pricing.model import Earning, LeftOn, LineIdentity, PricedLine, line_identity
from billproof.pricing.unbilled import UnbilledMonth


class BookingRule(StrEnum):
    """How documents are booked; terms that were frozen before it was written down are booked line by line.

    by_line        each line is converted into the books by itself, and earned once it is billed
    by_document    a document is converted once, what is taken back at the rate that billed it; what is earned before it
                   is billed is a contract asset
    by_fee         as by document; and where a fee or something that reduces it changes, the document states all of
                   them anew, for they are earned together
    """

    BY_LINE = "by_line"
    BY_DOCUMENT = "by_document"
    BY_FEE = "by_fee"


class Charged(Model):
    """What documents charged for something, less credit notes: in their own currency, and in that of the books."""

    amounts: Taxed
    booked: Taxed

    def __add__(self, other: "Charged") -> "Charged":
        return Charged(amounts=self.amounts + other.amounts, booked=self.booked + other.booked)


class CreditedDays(Model):
    """What a credit note took back of a line for some days: below zero, net."""

    net: Money
    days: Period
    is_concession: bool


class BilledLine(Model):
    """What a line of an earlier period has been billed with so far, over all invoices and credit notes that name it.

    `conceded` is what credit notes took back for good, so that it is not billed again; `is_draw` where it draws a
    credit. `charged` is what it comes to with tax, where the books are in another currency; `earnings` is how it is
    earned, and `credited` what credit notes took back of the days that it covers now.
    """

    line: str
    term: str = ""
    is_draw: bool = False
    conceded: Exact = Decimal(0)
    account: str
    contract: str
    contract_version: int
    charge: str
    description: str
    product: str
    revenue_category: str
    service_period: Period
    covered: Period
    dimension: dict[str, str]
    includes_tax: bool = False
    recognition_method: RecognitionMethod
    recognized_over: Period
    net: Money
    quantity: Exact
    included_quantity: Exact
    billed_quantity: Exact
    unused_quantity: Exact = Decimal(0)
    left_on: tuple[LeftOn, ...] = Field(default=(), exclude_if=operator.not_)
    numbers: tuple[str, ...]
    charged: Charged | None = Field(default=None, exclude_if=operator.not_)
    earnings: tuple[Earning, ...] = Field(default=(), exclude_if=operator.not_)
    credited: tuple[CreditedDays, ...] = Field(default=(), exclude_if=operator.not_)

    @property
    def identity(self) -> LineIdentity:
        """What tells it from every other line of its period."""
        return line_identity(self.contract, self.line, self.dimension)

    @property
    def exceeding(self) -> tuple[Earning, ...]:
        """What is stated of its concessions to be more than it owes."""
        return tuple(earning for earning in self.earnings if earning.is_excess)


class EarlierPeriod(Model):
    """An earlier month whose terms or usage changed since it was billed: as known now, and what is billed of it.

    `ordinal` is the place of this settlement among the month's: two runs that would bill one difference take the same
    place, and only one of them is given it. `terms_digest` is of the terms that are billed with it. What rolls over
    into it is `carried`, unless the month before is settled here, too. `line_ids` is how the invoice of the period
    named its lines: they are named so for ever.
    """

    period: Period
    ordinal: int
    contracts: tuple[Contract, ...]
    rounding: Rounding
    carried: tuple["Carried", ...] = ()
    line_ids: LineIdFormat = LineIdFormat.PLAIN
    billed: tuple[BilledLine, ...]
    terms_digest: str = ""


class InvoiceBefore(Model):
    """What the controls know of the account's last invoice before the period.

    `lines` are those with an amount, by contract; `starts` the first days of what each charge was billed for, by its
    printed ContractPath. Of one that was `taken_over` from another system neither is known.
    """

    number: str
    period: Period
    net: Money
    quantities: dict[str, Exact]
    lines: dict[str, tuple[str, ...]]
    starts: dict[str, tuple[date, ...]]
    taken_over: bool = Field(default=False, exclude_if=operator.not_)

    def has_line(self, contract: str, line: str) -> bool:
        """Say whether it billed a line."""
        return line in self.lines.get(contract, ())

    def billed(self, contract: str, charge: str, start: date) -> bool:
        """Say whether it has a line of a charge for the service period that starts on a day."""
        return start in self.starts.get(str(ContractPath(contract, charge)), ())


class CrmVersion(Model):
    """What the CRM says of a contract's version, and the digest of the terms that billing holds under it, if any."""

    contract: str
    version: int
    terms_digest: str
    known: str | None


class Carried(Model):
    """What was left of a charge's allowance in the month before, where it rolls over."""

    contract: str
    charge: str
    quantity: Exact


class Drawn(Model):
    """What all invoices so far drew of a credit."""

    contract: str
    credit: str
    amount: Exact


class Reached(Model):
    """What a commitment's term counts of a line of a month; terms that were frozen before do not say of which month."""

    line: str
    amount: Computed
    month: str = Field(default="", exclude_if=operator.not_)


class Committed(Model):
    """What earlier invoices say of a commitment's term: its fees, and what they billed of its shortfall.

    `reached` is of lines that it counts whole, `divided` of those of which it counts some days; `whole` says what is
    `reached` by each fee. `billed` is less all credit notes of the shortfall, `conceded` what those took back for good,
    `charged` what is billed with tax where the books are in another currency, `earnings` how it is earned. `gone` is
    the line of a term that there is no more: it is given back.
    """

    contract: str
    commitment: str
    start: date
    reached: Exact
    divided: tuple[Reached, ...] = Field(default=(), exclude_if=operator.not_)
    whole: tuple[Reached, ...] = Field(default=(), exclude_if=operator.not_)
    billed: Exact
    conceded: Exact = Field(default=Decimal(0), exclude_if=operator.not_)
    charged: Charged | None = Field(default=None, exclude_if=operator.not_)
    earnings: tuple[Earning, ...] = Field(default=(), exclude_if=operator.not_)
    gone: PricedLine | None = Field(default=None, exclude_if=operator.not_)


class AccountTerms(Model):
    """An account and the contract versions that govern days from the period on, as known when the run was planned.

    Those of its `children` are among them: they are billed on its invoice, each by its own usage.
    `known` is the digest of all versions of its contracts that were known; empty where this invoice was full and the
    next one has to look at every month again. `terms_digest` is of the terms of the period itself. `credits` is the
    place of this invoice among those that draw on the account's credits, and `drawn` what the others drew; null where
    the account has no credit. `line_ids` is how lines are named: plain where the terms were frozen before that was
    written down. `booking` is how the invoice is booked. `issue` is null where its invoice is issued on the day of its
    run. `balances` are what earlier documents left of the account's balance, by currency. What comes to
    nothing is sent where the terms were frozen before contracts said otherwise (`zero_invoices`). `unbilled` are the
    months without an invoice that late usage reached. `billed_in` are the service periods that stay with the month that
    billed them.
    """

    account: Account
    children: tuple[Account, ...] = ()
    contracts: tuple[Contract, ...]
    known: str = ""
    terms_digest: str = ""
    earlier: tuple[EarlierPeriod, ...] = ()
    carried: tuple[Carried, ...] = ()
    drawn: tuple[Drawn, ...] = ()
    credits: int | None = None
    committed: tuple[Committed, ...] = ()
    before: InvoiceBefore | None = None
    crm: tuple[CrmVersion, ...] = ()
    unbilled_one_offs: tuple[str, ...] = ()
    line_ids: LineIdFormat = LineIdFormat.PLAIN
    booking: BookingRule = BookingRule.BY_LINE
    findings: tuple[Finding, ...] = ()
    issue: IssueTerms | None = None
    balances: dict[str, Exact] = Field(default_factory=dict)
    zero_invoices: ZeroInvoices = ZeroInvoices.SENT
    unbilled: tuple[UnbilledMonth, ...] = Field(default=(), exclude_if=operator.not_)
    paid_ahead: tuple[PaidAhead, ...] = Field(default=(), exclude_if=operator.not_)
    billed_in: tuple[BilledIn, ...] = Field(default=(), exclude_if=operator.not_)

    @model_validator(mode="before")
    @classmethod
    def _of_before(cls, fields: Any) -> Any:
        """Read terms that were frozen when versions were listed by name: their digests are then not known."""
        if isinstance(fields, dict) and not isinstance(fields.get("known", ""), str):
            return {name: value for name, value in fields.items() if name not in {"known", "unsettled"}}
        return fields

    @property
    def members(self) -> tuple[Account, ...]:
        """The account and its children."""
        return (self.account, *self.children)


class BatchPlan(Model):
    """Everything that pricing a batch needs besides usage: frozen, so that a retry prices the same terms.

    `buckets` are those of the usage log that hold its accounts' events. It `has_charges` where the taxes of earlier
    invoices were written beside it. `rates` convert its contracts' currencies into the books', where they are known.
    """

    run: str
    batch: str
    legal_entity: LegalEntity
    period: Period
    issue_date: date
    buckets: tuple[int, ...]
    meters: tuple[Meter, ...]
    rates: tuple[ExchangeRate, ...] = ()
    policy: Policy
    requested_by: str
    has_charges: bool = False
    accounts: tuple[AccountTerms, ...]

    def on_issue_of(self, terms: AccountTerms) -> "BatchPlan":
        """Return the plan with the issue date and the exchange rates of an account's invoice."""
        if terms.issue is None:
            return self
        return self.model_copy(update={"issue_date": terms.issue.day, "rates": terms.issue.rates})

    def rate_of(self, currency: str) -> ExchangeRate | None:
        """Return the rate that converts a currency into that of the books, or None; the books' own needs none."""
        return next((rate for rate in self.rates if rate.is_between(currency, self.legal_entity.currency)), None)

    def booked(self, amount: Money) -> Money:
        """Return an amount in the currency of the books; raises UnpriceableCharge where no rate is known."""
        if amount.currency == self.legal_entity.currency:
            return amount
        rate = self.rate_of(amount.currency)
        if rate is None:
            days = self.policy.thresholds.exchange_rate_days
            message = f"no rate of {amount.currency} in {self.legal_entity.currency} of {self.issue_date}, nor of the "
            raise UnpriceableCharge(message + f"{days} days before it", contract="currency")
        return rate.convert(amount, self.legal_entity.rounding)
