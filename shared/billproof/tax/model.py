"""Tax rules as data, and the determination that each line keeps."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from billproof.masterdata.parties import CustomerKind
from billproof.model import Exact, Model
from billproof.money import Money, Taxed


class Treatment(StrEnum):
    """How a supply is taxed. Every treatment that leads to no tax says why."""

    STANDARD = "standard"
    REVERSE_CHARGE = "reverse_charge"
    NOT_TAXABLE = "not_taxable"
    EXEMPT = "exempt"
    ZERO_RATED = "zero_rated"
    NO_NEXUS = "no_nexus"
    OUTSIDE_SCOPE = "outside_scope"


class Dated(Model):
    """A row that holds on the days `[effective_from, effective_to)`; null is open, or undated at the source."""

    jurisdiction: str
    effective_from: date | None
    effective_to: date | None
    source: str
    note: str = ""

    def holds_on(self, day: date) -> bool:
        """Say whether the row applies on the day."""
        return (self.effective_from is None or self.effective_from <= day) and (
            self.effective_to is None or day < self.effective_to
        )


class Rate(Dated):
    """A rate of a jurisdiction, in percent, and what the tax is called there."""

    name: str = ""
    percent: Exact


class Taxability(Dated):
    """Whether a US state taxes remotely accessed software, for a kind of customer.

    `taxable_share` is the part of the price that is taxed, `percent` a special rate in place of the state's own.
    """

    customer_kind: CustomerKind
    treatment: Literal["taxable", "not_taxable", "exempt"]
    confidence: Literal["high", "medium", "low"]
    taxable_share: Exact = Decimal(1)
    percent: Exact | None = None


class RuleSet(Model):
    """One file of rules, with its version and whether anyone has reviewed it."""

    version: str
    review: str
    scope: str
    rates: tuple[Rate, ...]
    taxability: tuple[Taxability, ...] = ()


class Component(Model):
    """One of several taxes on the same price, each due on the price without the others: GST and PST."""

    name: str
    jurisdiction: str
    percent: Exact


class Determination(Model):
    """What tax a line bears and why: kept with the invoice, so that it can be computed again years later.

    `percent` is the sum of the components, where a tax has several; without any it is one tax.
    """

    jurisdiction: str
    treatment: Treatment
    percent: Exact
    taxable_share: Exact
    reason: str
    source: str
    rules_version: str
    tax_point: date
    needs_review: bool
    components: tuple[Component, ...] = ()


class ComponentTax(Model):
    """What one component comes to on one line."""

    name: str
    jurisdiction: str
    amount: Money


class TaxedLine(Model):
    """The tax on one priced line. `tax_by_line` is the line's own, rounded; a document's rounding may move a unit."""

    line: str
    taxable_base: Money
    amounts: Taxed
    tax_by_line: Money
    components: tuple[ComponentTax, ...] = ()
    determination: Determination
