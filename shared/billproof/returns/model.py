"""What a tax return says: each line of a document that it declares, and their sums."""

from datetime import date
from enum import StrEnum

from billproof.invoicing.model import DocumentKind
from billproof.masterdata.parties import TaxScheme
from billproof.model import Exact, Model
from billproof.money import Money
from billproof.tax.model import Treatment


class DeclaredLine(Model):
    """The tax on a line of a document, or on a part of one, in the currency of the books, and why.

    Of `net` so much is `taxable`. `tax` names one of several taxes on the same price, else it is empty. It is in the
    return of `declared_in`; `corrects` is an earlier month, of which it changes what was declared, else it is empty.
    """

    number: str
    kind: DocumentKind
    issue_date: date
    account: str
    customer: str
    customer_number: str
    line: str
    tax_point: date
    declared_in: str
    corrects: str
    jurisdiction: str
    tax: str
    treatment: Treatment
    percent: Exact
    scheme: TaxScheme
    net: Money
    taxable: Money
    amount: Money
    reason: str
    source: str


class ReturnFigure(Model):
    """What is declared of a jurisdiction at one rate, or for one reason without tax, of one month of supply."""

    jurisdiction: str
    scheme: TaxScheme
    corrects: str
    tax: str
    treatment: Treatment
    percent: Exact
    net: Money
    taxable: Money
    amount: Money
    lines: int


class SalesListRow(Model):
    """What a recapitulative statement says of a customer (Directive 2006/112/EC, articles 262 to 264)."""

    customer_number: str
    customer: str
    corrects: str
    net: Money


class TaxAccount(Model):
    """How the return comes to what moved on the tax account of the ledger in its month, all as tax that is owed.

    declared + declared in other months - dated in other months = owed by the documents that are dated in the month;
    the `difference` is what the ledger says less that. Only documents move it, but for what was posted by hand.
    """

    declared: Money
    declared_in_other_months: Money
    dated_in_other_months: Money
    ledger: Money
    difference: Money
    numbers: tuple[str, ...]


class NexusStanding(StrEnum):
    """How the sales of a year into a state stand to the state's threshold."""

    NEAR = "near"
    """They are 80 % of it."""
    PASSED = "passed"
    NOT_WATCHED = "not_watched"
    """The threshold, or what the sales come to in dollars, is not known."""


class StateSales(Model):
    """Untaxed sales of a year into a US state where the legal entity is not registered, and the state's threshold.

    `sales` are all sales into the state until the month's end, in dollars, `invoices` how many made them; `passed_on`
    is the tax point at which they passed the threshold. `declared` is why the legal entity says it has no nexus.
    """

    jurisdiction: str
    year: int
    standing: NexusStanding
    sales: Money | None
    invoices: int
    threshold: Money | None = None
    transactions: int | None = None
    needs_both: bool = False
    passed_on: date | None = None
    declared: str = ""
    source: str = ""
    note: str = ""


class TaxReturn(Model):
    """The figures of a month of a legal entity: by jurisdiction, the sales list, and the tax account.

    `nexus` names the states without a registration whose threshold of sales is near or passed, or is not watched.

    `figures` are of every jurisdiction; those whose `scheme` is the one-stop shop are of its return. `numbers` of the
    tax account name what the ledger says otherwise than the documents.
    """

    legal_entity: str
    month: str
    currency: str
    figures: tuple[ReturnFigure, ...]
    sales_list: tuple[SalesListRow, ...]
    tax_account: TaxAccount
    nexus: tuple[StateSales, ...] = ()
    lines: tuple[DeclaredLine, ...]
