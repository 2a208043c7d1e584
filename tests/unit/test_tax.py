from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from billproof.contracts.model import Account, LegalEntity
from billproof.errors import UndeterminedTax
from billproof.money import Money, Rounding
from billproof.tax.model import Determination, Treatment
from billproof.tax.rules import determine, rule_set, tax_line
from billproof_ops.demo import story

DATA = story.master_data()
INC, EUROPE = DATA.legal_entities
DAY = date(2026, 2, 1)


def account(country: str, region: str | None = None, **changes: Any) -> Account:
    base = DATA.accounts[0].model_dump(mode="json")
    address = {**base["address"], "country": country, "region": region}
    return Account.model_validate({**base, "address": address, **changes})


def found(entity: LegalEntity, customer: Account, day: date = DAY) -> Determination:
    return determine(legal_entity=entity, account=customer, tax_point=day)


def summary(determination: Determination) -> tuple[str, str, str]:
    return determination.jurisdiction, determination.treatment.value, str(determination.percent)


@pytest.mark.parametrize(
    ("state", "kind", "expected"),
    [
        ("NY", "business", ("US-NY", "standard", "4")),
        ("TX", "business", ("US-TX", "standard", "6.25")),
        ("WA", "business", ("US-WA", "standard", "6.5")),
        ("CA", "business", ("US-CA", "not_taxable", "0")),
        ("OR", "consumer", ("US-OR", "not_taxable", "0")),
        ("IA", "business", ("US-IA", "exempt", "0")),
        ("CT", "business", ("US-CT", "no_nexus", "0")),
    ],
)
def test_us_states(state: str, kind: str, expected: tuple[str, str, str]) -> None:
    assert summary(found(INC, account("US", state, customer_kind=kind))) == expected


def with_nexus(*states: str) -> LegalEntity:
    registrations = [{"jurisdiction": f"US-{state}", "number": "1"} for state in states]
    return LegalEntity.model_validate({**INC.model_dump(mode="json"), "tax_registrations": registrations})


def test_special_rates_and_shares_are_not_flattened() -> None:
    business, consumer = account("US", "CT"), account("US", "CT", customer_kind="consumer")
    assert [summary(found(with_nexus("CT"), each))[2] for each in (business, consumer)] == ["1", "6.35"]
    assert summary(found(with_nexus("MD"), account("US", "MD")))[2] == "3"
    texas = found(INC, account("US", "TX"))
    assert texas.taxable_share == Decimal("0.8")
    taxed = tax_line("l", Money.of("1000", "USD"), texas, Rounding.HALF_UP)
    assert (taxed.taxable_base.text, taxed.amounts.tax.text, taxed.amounts.gross.text) == ("800.00", "50.00", "1050.00")


def test_rates_are_those_of_the_tax_point() -> None:
    washington_dc = account("US", "DC")
    rates = [found(with_nexus("DC"), washington_dc, day).percent for day in (date(2026, 9, 30), date(2026, 10, 1))]
    assert rates == [Decimal(6), Decimal(7)]
    germany = account("DE")
    days = (date(2020, 6, 30), date(2020, 7, 1), date(2020, 12, 31), date(2021, 1, 1))
    assert [int(found(EUROPE, germany, day).percent) for day in days] == [19, 16, 16, 19]


def test_a_state_that_taxes_only_from_a_day_did_not_before() -> None:
    before = found(with_nexus("MD"), account("US", "MD"), date(2025, 6, 30))
    assert (before.treatment, "2025-07-01" in before.reason) == (Treatment.NOT_TAXABLE, True)


def test_undated_or_uncertain_rules_are_marked_for_review() -> None:
    assert found(INC, account("US", "WA")).needs_review  # the source gives no date for the rate
    assert not found(INC, account("US", "NY")).needs_review
    assert "not reviewed" in rule_set("us_saas").review


@pytest.mark.parametrize(
    ("entity", "customer"),
    [
        (INC, account("US", None)),
        (INC, account("US", "AK")),
        (INC, account("US", "XX")),
        (INC, account("DE")),
        (EUROPE, account("FR")),
        (EUROPE, account("FR", vat_number="FR00000000000")),
        (EUROPE, account("FR", vat_number="DE136695976")),
        (EUROPE, account("FR", customer_kind="consumer")),
        (EUROPE, account("US", "NY", customer_kind="consumer")),
    ],
)
def test_what_no_rule_covers_is_an_exception_never_a_zero_rate(entity: LegalEntity, customer: Account) -> None:
    with pytest.raises(UndeterminedTax):
        found(entity, customer)


def test_no_rate_for_the_day_is_an_exception() -> None:
    with pytest.raises(UndeterminedTax, match="no rate"):
        found(with_nexus("LA"), account("US", "LA"), date(2031, 1, 1))


def test_the_european_union() -> None:
    assert summary(found(EUROPE, account("DE"))) == ("DE", "standard", "19")
    reverse = found(EUROPE, account("NL", vat_number="NL4495445B01"))
    assert (reverse.treatment, reverse.percent) == (Treatment.REVERSE_CHARGE, Decimal(0))
    assert "article" in reverse.reason
    outside = found(EUROPE, account("US", "NY"))
    assert outside.treatment is Treatment.OUTSIDE_SCOPE
    greek = account("GR", vat_number="EL094259216")
    assert found(EUROPE, greek).treatment is Treatment.REVERSE_CHARGE
    registered = EUROPE.model_copy(
        update={
            "tax_registrations": (
                *EUROPE.tax_registrations,
                EUROPE.tax_registrations[0].model_copy(update={"jurisdiction": "FR"}),
            )
        }
    )
    assert summary(found(registered, account("FR", customer_kind="consumer"))) == ("FR", "standard", "20")


def test_the_rules_are_whole() -> None:
    europe, states = rule_set("eu_vat"), rule_set("us_saas")
    assert len({rate.jurisdiction for rate in europe.rates}) == 27
    places = {row.jurisdiction for row in states.taxability}
    assert len(places) == 51  # 50 states less Alaska, where only towns tax; and DC and Puerto Rico
    for rate in (*europe.rates, *states.rates):
        assert rate.source
        assert 0 <= rate.percent <= 30


def test_each_place_has_one_rate_on_a_day() -> None:
    for name in ("eu_vat", "us_saas"):
        rates = rule_set(name).rates
        for day in (date(2013, 2, 1), date(2020, 9, 1), DAY):
            for place in {rate.jurisdiction for rate in rates}:
                assert sum(rate.jurisdiction == place and rate.holds_on(day) for rate in rates) <= 1


def test_tax_on_a_credit_is_the_mirror_of_tax_on_a_charge() -> None:
    germany = found(EUROPE, account("DE"))
    for amount in ("0.05", "10.03", "33.33"):
        plus = tax_line("l", Money.of(amount, "EUR"), germany, Rounding.HALF_UP).amounts
        minus = tax_line("l", Money.of(f"-{amount}", "EUR"), germany, Rounding.HALF_UP).amounts
        assert plus.tax + minus.tax == Money.zero("EUR")
