"""Tax rules as data, and the determination that each line keeps."""

import operator
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from pydantic import Field

from billproof.findings import Finding
from billproof.masterdata.parties import CustomerKind
from billproof.model import Exact, Model, decimal_text
from billproof.money import Money, Taxed
from billproof.periods import Period


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
    """A rate of a jurisdiction, in percent, and what the tax is called there.

    A tax that is not levied on software is a row, too, and not taxable: no row means that nobody knows.
    `starts_earlier` where the source saw the rate on its first day and does not say since when it holds.
    """

    name: str = ""
    percent: Exact
    treatment: Literal["taxable", "not_taxable"] = "taxable"
    starts_earlier: bool = False


class Taxability(Dated):
    """Whether a US state taxes remotely accessed software, for a kind of customer.

    `taxable_share` is the part of the price that is taxed, `percent` a special rate in place of the state's own.
    """

    customer_kind: CustomerKind
    treatment: Literal["taxable", "not_taxable", "exempt"]
    confidence: Literal["high", "medium", "low"]
    taxable_share: Exact = Decimal(1)
    percent: Exact | None = None


class NexusThreshold(Dated):
    """From which sales of a year on a seller without a place in a US state has to register there.

    `dollars`, or as many `transactions` where the state counts them, too; both where it `needs_both`.
    """

    dollars: Exact
    transactions: int | None = None
    needs_both: bool = False


class NexusThresholds(Model):
    """The file of thresholds, with its version and whether anyone has reviewed it."""

    version: str
    review: str
    scope: str
    rows: tuple[NexusThreshold, ...]


class LocalTax(Model):
    """A tax of cities on software in a state that does not tax it; no city named: any city of the state may have it."""

    jurisdiction: str
    state: str
    cities: tuple[str, ...]
    postal_codes: str
    tax: str
    source: str


class Standing(StrEnum):
    """How a territory stands to the country that its addresses name.

    `outside` that country's tax, with a tax of its own or none; inside it with an `own_rate`; or simply `part_of` it.
    """

    OUTSIDE = "outside"
    OWN_RATE = "own_rate"
    PART_OF = "part_of"


class Territory(Model):
    """A territory whose tax is not that of the country that its addresses name, and how an address shows it.

    `iso` are codes of ISO 3166-1 of its own, `regions` those of ISO 3166-2 under the country, `postal_codes` a pattern.
    `registration` is the jurisdiction of the registration by which its tax is collected, `rates` that of its rates.
    """

    code: str
    name: str
    country: str
    standing: Standing
    iso: tuple[str, ...]
    regions: tuple[str, ...]
    postal_codes: str
    cities: tuple[str, ...]
    registration: str
    rates: str
    tax: str
    source: str


class RuleSet(Model):
    """One file of rules, with its version and whether anyone has reviewed it.

    Before the `first_day` nothing is determined. In the states of `no_local_tax` the state's rate is all there is.
    """

    version: str
    review: str
    scope: str
    first_day: date
    rates: tuple[Rate, ...]
    taxability: tuple[Taxability, ...] = ()
    local_taxes: tuple[LocalTax, ...] = ()
    no_local_tax: tuple[str, ...] = ()
    no_local_tax_source: str = ""
    territories: tuple[Territory, ...] = ()


class SupplyRule(StrEnum):
    """What a jurisdiction takes as the time of a supply.

    The last day of the agreed period; the day of the invoice (a payment before it is not known); the day that payment
    is due; or the last day of the period, with the lower of the rates of its first day and of the invoice's.
    """

    PERIOD_END = "period_end"
    INVOICE = "invoice"
    DUE_DATE = "due_date"
    LOWER_OF_START_AND_INVOICE = "lower_of_start_and_invoice"


class TimeOfSupply(Model):
    """When a service is supplied in some jurisdictions, and whether a change of rate within its days divides it."""

    jurisdictions: tuple[str, ...]
    rule: SupplyRule
    straddling: Literal["whole", "apportioned"]
    source: str
    note: str


class TimesOfSupply(Model):
    """The file of rules of the time of supply."""

    version: str
    review: str
    rows: tuple[TimeOfSupply, ...]


class Component(Model):
    """One of several taxes on the same price, each due on the price without the others: GST and PST."""

    name: str
    jurisdiction: str
    percent: Exact


class Determination(Model):
    """What tax a line bears and why: kept with the invoice, so that it can be computed again years later.

    `percent` is the sum of the components, where a tax has several; without any it is one tax. `incomplete` says what
    is known to be missing, such as local tax; empty where nothing is.
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
    incomplete: str = Field(default="", exclude_if=operator.not_)  # documents of before keep their digests

    @property
    def same_tax(self) -> tuple[str, ...]:
        """What lines that bear the same tax have in common, whenever each was supplied."""
        parts = (f"{part.name} {part.jurisdiction} {decimal_text(part.percent)}" for part in self.components)
        share = decimal_text(self.taxable_share)
        return (self.jurisdiction, self.treatment.value, decimal_text(self.percent), self.reason, share, *parts)


class ComponentTax(Model):
    """What one component comes to on one line."""

    name: str
    jurisdiction: str
    amount: Money


class TaxPart(Model):
    """The tax on a part of a line: on some of its `days`, or on what takes back what was billed with another tax."""

    days: Period | None
    taxable_base: Money
    amounts: Taxed
    tax_by_line: Money
    components: tuple[ComponentTax, ...] = ()
    determination: Determination


class TaxedLine(Model):
    """The tax on one priced line. `tax_by_line` is the line's own, rounded; a document's rounding may move a unit.

    A line that bears several taxes one after another has `parts` that add up to it; its determination is the last's.
    """

    line: str
    taxable_base: Money
    amounts: Taxed
    tax_by_line: Money
    components: tuple[ComponentTax, ...] = ()
    determination: Determination
    parts: tuple[TaxPart, ...] = Field(default=(), exclude_if=operator.not_)


class AccountTax(Model):
    """The tax on an account's lines, in their order; without lines where nothing was priced or tax is undetermined.

    `calculations` are those of an external tax engine, by account, and by tax point where an account has several: they
    are committed when the invoice is posted.
    """

    account: str
    lines: tuple[TaxedLine, ...]
    findings: tuple[Finding, ...] = ()
    calculations: dict[str, str] = Field(default_factory=dict)


class BatchTax(Model):
    """The tax of a batch."""

    run: str
    batch: str
    accounts: tuple[AccountTax, ...]
