"""Looking rules up in the files of rows that are packed with the code, and what every determination says of them."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from functools import cache
from importlib import resources

from billproof.errors import UndeterminedTax
from billproof.tax.model import (
    Component,
    Dated,
    Determination,
    NexusThresholds,
    Rate,
    RuleSet,
    TimesOfSupply,
    Treatment,
)

NOTHING = Decimal(0)
WHOLE = Decimal(1)


@cache
def rule_set(name: str) -> RuleSet:
    """Read a file of rules: us_saas, eu_vat, vat_elsewhere, ca_sales_tax or territories."""
    return RuleSet.model_validate_json(_text(name))


@cache
def times_of_supply() -> TimesOfSupply:
    """Read the rules of the time of supply."""
    return TimesOfSupply.model_validate_json(_text("time_of_supply"))


@cache
def nexus_thresholds() -> NexusThresholds:
    """Read from which sales on a US state asks for registration."""
    return NexusThresholds.model_validate_json(_text("us_nexus"))


def _text(name: str) -> str:
    return resources.files("billproof.tax").joinpath("rules", f"{name}.json").read_text(encoding="utf-8")


@cache
def jurisdictions(name: str) -> frozenset[str]:
    """Return every jurisdiction that a file has a rate of."""
    return frozenset(rate.jurisdiction for rate in rule_set(name).rates)


def holding[T: Dated](rows: Iterable[T], day: date) -> T | None:
    """Return the row that holds on a day, or None."""
    return next((row for row in rows if row.holds_on(day)), None)


def rate_of(rules: RuleSet, jurisdiction: str, day: date) -> Rate:
    """Return a jurisdiction's rate on a day; raises UndeterminedTax where none is known."""
    rate = holding([rate for rate in rules.rates if rate.jurisdiction == jurisdiction], day)
    if rate is None or day < rules.first_day:
        message = f"no rate of {jurisdiction} is known for {day}"
        raise UndeterminedTax(message, jurisdiction=jurisdiction)
    return rate


def standard(rules: RuleSet, jurisdiction: str, tax_point: date, reason: str) -> Determination:
    """Tax at a jurisdiction's rate of the day; raises UndeterminedTax where none is known."""
    rate = rate_of(rules, jurisdiction, tax_point)
    return taxed(rules, jurisdiction, rate.percent, tax_point, reason, source=rate.source)


def taxed(
    rules: RuleSet,
    jurisdiction: str,
    percent: Decimal,
    tax_point: date,
    reason: str,
    *,
    source: str,
    share: Decimal = WHOLE,
    needs_review: bool = False,
    components: tuple[Component, ...] = (),
    incomplete: str = "",
) -> Determination:
    """Tax at a rate."""
    return Determination(
        jurisdiction=jurisdiction,
        treatment=Treatment.STANDARD,
        percent=percent,
        taxable_share=share,
        reason=reason,
        source=source,
        rules_version=rules.version,
        tax_point=tax_point,
        needs_review=needs_review,
        components=components,
        incomplete=incomplete,
    )


def untaxed(
    rules: RuleSet,
    jurisdiction: str,
    treatment: Treatment,
    tax_point: date,
    reason: str,
    *,
    source: str,
    needs_review: bool = False,
) -> Determination:
    """Say that no tax is due, by which treatment and why."""
    return Determination(
        jurisdiction=jurisdiction,
        treatment=treatment,
        percent=NOTHING,
        taxable_share=NOTHING,
        reason=reason,
        source=source,
        rules_version=rules.version,
        tax_point=tax_point,
        needs_review=needs_review,
    )
