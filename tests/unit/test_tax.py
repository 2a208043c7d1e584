import json
from datetime import date
from decimal import Decimal
from importlib import resources

import pytest
from eu_vat_rates_data import get_standard_rate

from billproof.errors import UndeterminedTax
from billproof.masterdata.parties import Account, LegalEntity, TaxRounding
from billproof.money import Money, Rounding
from billproof.tax.amounts import tax_document, tax_given, tax_line
from billproof.tax.model import Determination, Treatment
from billproof.tax.rows import rule_set, times_of_supply
from tests.support.parties import DAY, EUROPE, INC, account, seller
from tests.support.parties import determined_tax as found


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
        (INC, account("GB")),
        (INC, account("GB", vat_number="GB123456789")),
        (INC, account("GB", customer_kind="consumer")),
        (INC, account("BR", vat_number="1")),
        (seller("BR"), account("BR")),
        (seller("GB", "GB"), account("US", "NY", customer_kind="consumer")),
        (seller("CA", "CA"), account("CA")),
        (seller("CA"), account("CA", "ON")),
        (seller("CA", "CA"), account("CA", "XX")),
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


@pytest.mark.parametrize("name", ["us_saas", "eu_vat", "vat_elsewhere", "ca_sales_tax", "territories"])
def test_a_file_of_rules_is_read_as_it_is_packed(name: str) -> None:
    assert rule_set.__wrapped__(name) == rule_set(name)
    packed = resources.files("billproof.tax") / "rules" / f"{name}.json"
    assert rule_set.__wrapped__(name).version == json.loads(packed.read_text())["version"]
    assert times_of_supply.__wrapped__().rows == times_of_supply().rows


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


@pytest.mark.parametrize(
    ("entity", "customer", "expected"),
    [
        (seller("GB", "GB"), account("GB"), ("GB", "standard", "20")),
        (seller("CH", "CH"), account("CH"), ("CH", "standard", "8.1")),
        (seller("NO", "NO"), account("NO"), ("NO", "standard", "25")),
        (seller("AU", "AU"), account("AU"), ("AU", "standard", "10")),
        (seller("NZ", "NZ"), account("NZ"), ("NZ", "standard", "15")),
        (INC, account("GB", vat_number="GB980780684"), ("GB", "reverse_charge", "0")),
        (INC, account("AU", vat_number="83914571673"), ("AU", "reverse_charge", "0")),
        (INC, account("NO", vat_number="NO995525828MVA"), ("NO", "reverse_charge", "0")),
        (INC, account("DE", vat_number="DE136695976"), ("DE", "reverse_charge", "0")),
        (seller("GB", "GB"), account("FR", vat_number="FR40303265045"), ("FR", "reverse_charge", "0")),
        (seller("GB", "GB", "FR"), account("FR", customer_kind="consumer"), ("FR", "standard", "20")),
        (seller("US", "CH"), account("CH"), ("CH", "standard", "8.1")),
        (seller("US", "NO"), account("NO", customer_kind="consumer"), ("NO", "standard", "25")),
        (seller("CA", "CA"), account("US", "NY"), ("US", "zero_rated", "0")),
        (seller("GB", "GB"), account("CA", "ON"), ("CA", "outside_scope", "0")),
        (seller("GB", "GB", "US-NY"), account("US", "NY"), ("US-NY", "standard", "4")),
        (EUROPE, account("GB", customer_kind="business"), ("GB", "outside_scope", "0")),
        (seller("DE", "DE", "GB"), account("GB", customer_kind="consumer"), ("GB", "standard", "20")),
    ],
)
def test_the_rest_of_the_world(entity: LegalEntity, customer: Account, expected: tuple[str, str, str]) -> None:
    assert summary(found(entity, customer)) == expected


@pytest.mark.parametrize(
    ("province", "registrations", "percent", "names"),
    [
        ("ON", ("CA",), "13", ["HST"]),
        ("AB", ("CA",), "5", ["GST"]),
        ("QC", ("CA", "CA-QC"), "14.975", ["GST", "QST"]),
        ("QC", ("CA",), "5", ["GST"]),
        ("BC", ("CA", "CA-BC"), "12", ["GST", "PST"]),
        ("MB", ("CA", "CA-MB"), "12", ["GST", "RST"]),
        ("NS", ("CA",), "14", ["HST"]),
    ],
)
def test_canada_by_province(province: str, registrations: tuple[str, ...], percent: str, names: list[str]) -> None:
    determination = found(seller("CA", *registrations), account("CA", province))
    assert (determination.percent, [each.name for each in determination.components]) == (Decimal(percent), names)


def test_each_canadian_tax_is_rounded_by_itself() -> None:
    quebec = found(seller("CA", "CA", "CA-QC"), account("CA", "QC"))
    taxed = tax_line("l", Money.of("10.10", "CAD"), quebec, Rounding.HALF_UP)
    assert [each.amount.text for each in taxed.components] == ["0.51", "1.01"]  # 0.505 and 1.007475
    assert (taxed.amounts.tax.text, taxed.tax_by_line) == ("1.52", taxed.amounts.tax)


def test_canadian_rates_are_those_of_the_tax_point() -> None:
    nova_scotia, manitoba = account("CA", "NS"), account("CA", "MB")
    entity = seller("CA", "CA", "CA-MB")
    days = (date(2025, 3, 31), date(2025, 4, 1))
    assert [int(found(entity, nova_scotia, day).percent) for day in days] == [15, 14]
    days = (date(2025, 12, 31), date(2026, 1, 1))
    assert [int(found(entity, manitoba, day).percent) for day in days] == [5, 12]


def test_an_exemption_certificate_counts_for_its_place_and_days() -> None:
    certificate = {
        "jurisdiction": "US-NY",
        "certificate": "ST-119.1",
        "reason": "exempt organization",
        "effective": {"start": "2026-01-01", "end": "2027-01-01"},
    }
    school = account("US", "NY", exemptions=[certificate])
    exempt = found(INC, school)
    assert summary(exempt) == ("US-NY", "exempt", "0")
    assert "ST-119.1" in exempt.reason
    assert found(INC, school, date(2027, 1, 1)).percent == 4
    assert found(INC, account("US", "TX", exemptions=[certificate])).percent == Decimal("6.25")


@pytest.mark.parametrize(
    ("price", "net", "tax"), [("119", "100.00", "19.00"), ("100", "84.03", "15.97"), ("0.01", "0.01", "0.00")]
)
def test_tax_is_taken_out_of_a_price_that_includes_it(price: str, net: str, tax: str) -> None:
    germany = found(EUROPE, account("DE"))
    taxed = tax_line("l", Money.of(price, "EUR"), germany, Rounding.HALF_UP, includes_tax=True)
    assert (taxed.amounts.net.text, taxed.amounts.tax.text) == (net, tax)
    assert taxed.amounts.gross == Money.of(price, "EUR")


def test_a_document_is_taxed_as_a_whole_where_that_is_the_rule() -> None:
    germany = found(EUROPE, account("DE"))
    lines = [tax_line(str(number), Money.of("0.02", "EUR"), germany, Rounding.HALF_UP) for number in range(10)]
    per_line = tax_document(lines, Rounding.HALF_UP, TaxRounding.PER_LINE)
    assert sum(line.amounts.tax.amount for line in per_line) == 0  # 0.0038 each
    whole = tax_document(lines, Rounding.HALF_UP, TaxRounding.PER_DOCUMENT)
    assert sum(line.amounts.tax.amount for line in whole) == Decimal("0.04")  # 19 % of 0.20
    assert all(line.tax_by_line.is_zero for line in whole)
    assert all(line.amounts.gross == line.amounts.net + line.amounts.tax for line in whole)


def test_our_european_rates_are_those_of_the_commissions_database() -> None:
    """CheckedCounts against the PyPI package eu-vat-rates-data, whose source is the Commission's TEDB."""
    ours = rule_set("eu_vat").rates
    checked = 0
    for rate in ours:
        if rate.effective_to is None:
            code = {"GR": "EL"}.get(rate.jurisdiction, rate.jurisdiction)
            theirs = get_standard_rate(code) or get_standard_rate(rate.jurisdiction)
            assert Decimal(str(theirs)) == rate.percent, rate.jurisdiction
            checked += 1
    assert checked == 27


def taxes_given(tax: str, *nets: str) -> list[str]:
    germany = found(EUROPE, account("DE", customer_kind="consumer"))
    lines = [tax_line(net, Money.of(net, "EUR"), germany, Rounding.HALF_UP) for net in nets]
    given = tax_given(lines, Money.of(tax, "EUR"))
    assert [line.line for line in given] == list(nets)
    assert [line.tax_by_line for line in given] == [line.tax_by_line for line in lines]
    assert [line.amounts.net for line in given] == [line.amounts.net for line in lines]
    return [line.amounts.tax.text for line in given]


def test_a_tax_that_was_given_is_shared_out_unit_by_unit() -> None:
    assert taxes_given("57.00", "100", "200") == ["19.00", "38.00"]
    assert taxes_given("57.01", "100", "200") == ["19.01", "38.00"]
    assert taxes_given("56.98", "100", "200") == ["18.99", "37.99"]
    assert taxes_given("57.02", "100", "0", "200") == ["19.01", "0.00", "38.01"]
    assert taxes_given("60.00", "100", "200") == ["20.00", "40.00"]  # more than a unit each: by their worth
    assert taxes_given("0.00", "100", "-100") == ["19.00", "-19.00"]
    assert taxes_given("5.00", "0", "0") == ["0.00", "0.00"]  # nothing that could bear it
