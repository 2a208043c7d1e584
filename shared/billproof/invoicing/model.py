"""The invoice as a document, and the facts that move it along: held, released, posted, delivered.

An invoice's document holds no number and no status, so it can be written before either is known and never changes.
Its number and its states are facts beside it.
"""

import operator
from datetime import date
from enum import StrEnum
from typing import Literal, Self

from pydantic import Field, model_validator

from billproof.contracts.billed_in import Stays
from billproof.identities import InvoiceId
from billproof.invoicing.balance import BalanceChange, Settlement, Worth
from billproof.invoicing.offered_discounts import OfferedDiscount
from billproof.invoicing.particulars import Particulars
from billproof.masterdata.addresses import Address
from billproof.masterdata.exchange_rates import ExchangeRate
from billproof.masterdata.parties import CustomerKind, TaxEngineName, TaxRounding
from billproof.model import Model
from billproof.money import Money, Taxed, allocate
from billproof.periods import Period
from billproof.pricing.model import Accrual, PricedLine
from billproof.pricing.terms import BookingRule, Drawn
from billproof.tax.model import ComponentTax, Determination, TaxedLine, TaxPart


class Seller(Model):
    """The legal entity as the invoice names it."""

    id: str
    name: str
    address: Address
    tax_numbers: dict[str, str]


class Buyer(Model):
    """The account as the invoice names it."""

    id: str
    name: str
    address: Address
    customer_kind: CustomerKind
    vat_number: str | None
    billing_email: str
    locale: str


class InvoiceLine(Model):
    """A priced line with its tax. `booked` is what it comes to in the books, where those are in another currency.

    A line that bears several taxes, one for each of some days, has `parts` that add up to it.
    """

    priced: PricedLine
    taxable_base: Money
    amounts: Taxed
    tax_by_line: Money
    components: tuple[ComponentTax, ...] = ()
    determination: Determination
    parts: tuple[TaxPart, ...] = Field(default=(), exclude_if=operator.not_)  # documents of before keep their digests
    booked: Taxed | None = None

    @property
    def in_books(self) -> Taxed:
        """What it comes to in the currency of the books."""
        return self.booked or self.amounts

    @property
    def as_taxed(self) -> TaxedLine:
        """Its tax as it was determined."""
        names = TaxedLine.model_fields.keys() - {"line"}
        return TaxedLine(line=self.priced.id, **{name: getattr(self, name) for name in names})

    @property
    def taxes_in_books(self) -> list[tuple[str, Money]]:
        """Its tax in the currency of the books by jurisdiction: one, or that of each of its parts."""
        places = [part.determination.jurisdiction for part in self.parts]
        taxes = [part.amounts.tax for part in self.parts]
        if len(set(places)) <= 1 or all(tax.is_zero for tax in taxes):
            return [(self.determination.jurisdiction, self.in_books.tax)]
        if self.booked is not None:
            taxes = allocate(self.booked.tax, [abs(tax.amount) for tax in taxes])
        return list(zip(places, taxes, strict=True))


class TaxSubtotal(Model):
    """The lines of one jurisdiction, treatment and rate.

    `tax_by_line` is the sum of their own rounded taxes; `rule` says whether that or the rounded whole is billed.
    `incomplete` says what is known to be missing.
    """

    jurisdiction: str
    treatment: str
    percent: str
    taxable_base: Money
    amounts: Taxed
    tax_by_line: Money
    rule: TaxRounding
    components: tuple[ComponentTax, ...] = ()
    reason: str
    incomplete: str = Field(default="", exclude_if=operator.not_)


class InvoiceEvents(Model):
    """The events behind an invoice, each counted once, however often it was sent; `late` are of earlier periods."""

    billed: int
    excluded: int
    late: int = 0


class AccountSubtotal(Model):
    """What a consolidated invoice bills of one account's contracts."""

    account: str
    name: str
    amounts: Taxed


class DocumentKind(StrEnum):
    """What a document is. A credit note takes back what an invoice billed, a write-off gives up what it is owed."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    WRITE_OFF = "write_off"


class Invoice(Model):
    """Everything an invoice says but its number. Totals are sums of its rounded lines, or it cannot be made.

    An invoice in another currency than the books names the `exchange` rate that converts it, and what it is `booked`
    with, by the rule `booking`. One that bills children has the subtotal of each account in `accounts`. `accrued` is
    earned and not billed yet. `credits_drawn` is what all invoices so far drew of each of the account's credits.
    `tax_calculations` are those of the external tax engine, by account, and by tax point where it has several.

    A credit note or write-off names in `corrects` the number of the invoice that it takes back in part or whole. Who
    pays an invoice soon may take its `cash_discount`. One that comes to nothing `is_record` only, and not sent, unless
    a contract says otherwise. `refund` says that the money is to go back to the customer, `to_balance` that all of it
    is left to the balance.
    """

    schema_version: Literal["billproof.invoice/1"] = "billproof.invoice/1"
    id: str
    kind: DocumentKind = DocumentKind.INVOICE
    corrects: str | None = None
    refund: bool = False
    to_balance: bool = Field(default=False, exclude_if=operator.not_)
    is_record: bool = Field(default=False, exclude_if=operator.not_)
    seller: Seller
    buyer: Buyer
    period: Period
    issue_date: date
    due_date: date
    currency: str
    lines: tuple[InvoiceLine, ...]
    tax_summary: tuple[TaxSubtotal, ...]
    accounts: tuple[AccountSubtotal, ...] = ()
    totals: Taxed
    exchange: ExchangeRate | None = None
    booked: Taxed | None = None
    booking: BookingRule = Field(default=BookingRule.BY_LINE, exclude_if=lambda rule: rule == BookingRule.BY_LINE)
    accrued: tuple[Accrual, ...] = Field(default=(), exclude_if=operator.not_)
    events: InvoiceEvents
    contracts: dict[str, int]
    tax_engine: TaxEngineName = TaxEngineName.RULES
    tax_calculations: dict[str, str] = Field(default_factory=dict)
    credits_drawn: tuple[Drawn, ...] = ()
    notes: tuple[str, ...]
    particulars: Particulars | None = Field(default=None, exclude_if=operator.not_)
    cash_discount: OfferedDiscount | None = Field(default=None, exclude_if=operator.not_)

    @property
    def in_books(self) -> Taxed:
        """What it comes to in the currency of the books."""
        return self.booked or self.totals

    @property
    def revenue_categories(self) -> tuple[str, ...]:
        """The categories of the revenue that it bills, takes back or says to be earned."""
        of_lines = {line.priced.revenue_category for line in self.lines}
        return tuple(sorted(of_lines | {accrual.revenue_category for accrual in self.accrued}))

    @property
    def settlement(self) -> Settlement:
        """How it is settled with the customer's balance."""
        if self.kind is DocumentKind.INVOICE:
            return Settlement.INVOICE
        if self.refund or self.kind is DocumentKind.WRITE_OFF:
            return Settlement.NONE
        return Settlement.WHOLE if self.to_balance else Settlement.CREDIT_NOTE

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        sums = [
            ([line.amounts for line in self.lines], self.totals),
            ([group.amounts for group in self.tax_summary], self.totals),
        ]
        if self.booked is not None:
            sums.append(([line.in_books for line in self.lines], self.booked))
        for amounts, totals in sums:
            currencies = {amount.gross.currency for amount in (*amounts, totals)}
            if len(currencies) > 1 or Taxed.total(amounts, totals.gross.currency) != totals:
                message = f"invoice {self.id}: the lines or the tax summary do not add up to the totals"
                raise ValueError(message)
        if (self.exchange is None) != (self.booked is None):
            message = f"invoice {self.id}: it is booked in another currency by an exchange rate, or neither"
            raise ValueError(message)
        return self


class DocumentRef(Model):
    """Where an invoice's document is, what its content hashes to and what it comes to."""

    key: str
    digest: str
    totals: Taxed
    booked: Taxed | None = None

    @property
    def in_books(self) -> Taxed:
        """What it comes to in the currency of the books."""
        return self.booked or self.totals

    @property
    def worth(self) -> Worth:
        """Its gross amount, and what that is booked with."""
        return Worth(self.totals.gross, self.in_books.gross)


CREDITS = "credits"
"""In place of a period: the invoices that draw on an account's credits, one after another."""


class PeriodBilling(Model):
    """A release that billed a period of its account, or drew on its credits; or a credit note that took something back.

    `terms` is the digest of the terms that the period was billed by, `known` that of all versions that were known then.
    A credit note that is a concession lowers what is owed; another one only what is billed, and has no `terms`: so the
    next invoice looks at the period again. `billed_in` are the service periods that stayed with the month that billed
    them.
    """

    period: str
    ordinal: int
    invoice: str
    number: str
    run: str
    terms: str = ""
    known: str = ""
    is_concession: bool = False
    billed_in: Stays = Field(default=(), exclude_if=operator.not_)

    @property
    def is_own(self) -> bool:
        """Whether the invoice of the period itself billed it: a later month's bills what was never billed."""
        return self.ordinal == 0 and InvoiceId.parse(self.invoice).period == self.period


class BillingSlot(Model):
    """The right to bill usage of a period or to draw on credits: a draft asks for it, and only one release gets it."""

    period: str
    ordinal: int
    terms: str = ""
    known: str = ""
    is_concession: bool = False
    billed_in: Stays = Field(default=(), exclude_if=operator.not_)


class Released(Model):
    """The fact that an invoice was released: its number, its document, and what it changed of the balance."""

    invoice: str
    number: str
    account: str
    legal_entity: str
    period: Period
    issue_date: date
    document: DocumentRef
    run: str
    balance: BalanceChange | None = Field(default=None, exclude_if=operator.not_)

    @property
    def receivable(self) -> Worth:
        """What it adds to what the customer owes: its gross amount, less what is drawn, more what is left."""
        gross = self.document.worth
        return gross + self.balance.worth if self.balance else gross


class InvoiceStatus(StrEnum):
    """Where an invoice stands, read off its facts."""

    HELD = "held"
    RELEASED = "released"
    POSTED = "posted"
