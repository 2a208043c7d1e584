"""What is said where nothing can be determined or priced: which account, charge or contract, and what is missing."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from billproof.contracts.timeline import governing, timelines
from billproof.errors import BillproofError, UnpriceableCharge
from billproof.masterdata.parties import LegalEntity
from billproof.periods import Period
from billproof.pricing.service import price_account
from billproof.pricing.terms import AccountTerms, BatchPlan
from billproof.tax.model import Determination
from billproof.tax.rules import determine
from tests.support.priced_accounts import meter, plan_of, terms_of, usage_of, usages_of, used
from tests.support.taxes import customer, seller
from tests.support.whole_contracts import charge, version

GERMANY, SPAIN, BRITAIN, JAPAN, STATES, CANADA = (seller(code) for code in ("DE", "ES", "GB", "JP", "US", "CA"))
CONSUMER: dict[str, Any] = {"customer_kind": "consumer"}
NAME = GERMANY.name
NEITHER = f"{NAME} is neither registered in {{0}} nor declared as not registered there: {{1}} is not known"
CHICAGO = (
    "the Personal Property Lease Transaction Tax of Chicago may be due in Chicago, and no rate of it is known: "
    "declare US-IL-CHICAGO if the seller has none to collect"
)
UA = {"account": "UA"}

TAXES: list[tuple[LegalEntity, tuple[Any, ...], dict[str, Any], str, str, dict[str, str]]] = [
    # seller, place of the customer, more of the customer, day, what is said, of what
    (STATES, ("US",), {}, "2026-02-01", "the address names no state", UA),
    (
        STATES,
        ("US", "XX"),
        {},
        "2026-02-01",
        "no rule says whether US-XX taxes remotely accessed software on 2026-02-01",
        UA,
    ),
    (STATES, ("US", "NY"), {}, "2026-02-01", NEITHER.format("US-NY", "its sales tax"), UA),
    (
        STATES,
        ("US", "IL", "60601", "Chicago"),
        {},
        "2026-02-01",
        CHICAGO,
        UA,
    ),
    (STATES, ("US", "IL", "", " chicago "), {}, "2026-02-01", CHICAGO.replace("in Chicago", "in  chicago "), UA),
    (STATES, ("US", "IL", "60601", "Elsewhere"), {}, "2026-02-01", CHICAGO.replace("in Chicago", "in Elsewhere"), UA),
    (CANADA, ("CA",), {}, "2026-02-01", "no rate of CA-? is known for 2026-02-01", UA),
    (CANADA, ("CA", "ON"), {}, "1980-01-01", "no rate of CA-ON is known for 1980-01-01", UA),
    (CANADA, ("CA", "SK"), {}, "2026-02-01", NEITHER.format("CA-SK", "PST"), UA),
    (
        GERMANY,
        ("FR",),
        {"vat_number": None},
        "2026-02-01",
        "'' is not a VAT number of FR: reverse charge needs a valid one",
        UA,
    ),
    (
        GERMANY,
        ("FR",),
        {"vat_number": "DE136695976"},
        "2026-02-01",
        "'DE136695976' is not a VAT number of FR: reverse charge needs a valid one",
        UA,
    ),
    (
        STATES,
        ("GB",),
        {"vat_number": "x i980780684"},
        "2026-02-01",
        "'x i980780684' is for goods in Northern Ireland: reverse charge on services needs a GB number",
        UA,
    ),
    (
        GERMANY,
        ("FR",),
        CONSUMER,
        "2026-02-01",
        f"{NAME} sells to a consumer in FR and is not registered there (article 58)",
        UA,
    ),
    (GERMANY, ("GB",), CONSUMER, "2026-02-01", "a consumer in GB (article 59) is not covered", UA),
    (GERMANY, ("JP",), {}, "2026-02-01", NEITHER.format("JP", "tax on the service there"), UA),
    (BRITAIN, ("JP",), {}, "2026-02-01", NEITHER.format("JP", "tax on the service there"), UA),
    (JAPAN, ("JP",), {}, "2026-02-01", "no rule covers a supply from JP to JP", UA),
    (JAPAN, ("DE",), {}, "2026-02-01", "no rule covers a supply from JP to DE", UA),
    (
        seller("JP", absent=("ES-CN",)),
        ("ES", "CN", "35001"),
        {},
        "2026-02-01",
        "no rule covers a supply from JP to ES-CN",
        UA,
    ),
    (BRITAIN, ("DE",), CONSUMER, "2026-02-01", f"{NAME} sells to a consumer in DE and is not registered there", UA),
    (SPAIN, ("ES", "CN", "35001"), {}, "2026-02-01", NEITHER.format("ES-CN", "IGIC"), UA),
    (
        SPAIN,
        ("ES", "CN", "28001", "Somewhere"),
        {},
        "2026-02-01",
        "region CN, postal code 28001 and city Somewhere contradict each other",
        UA,
    ),
    (
        GERMANY,
        ("DE",),
        {},
        "1960-01-01",
        "no rate of DE is known for 1960-01-01",
        {"jurisdiction": "DE"},
    ),
]


def determined(entity: LegalEntity, place: tuple[Any, ...], day: str = "2026-02-01", **more: Any) -> Determination:
    return determine(legal_entity=entity, account=customer(*place, id="UA", **more), tax_point=date.fromisoformat(day))


@pytest.mark.parametrize(("entity", "place", "more", "day", "said", "details"), TAXES)
def test_what_determines_no_tax_says_why_and_of_whom(
    entity: LegalEntity, place: tuple[Any, ...], more: dict[str, Any], day: str, said: str, details: dict[str, str]
) -> None:
    with pytest.raises(BillproofError) as refused:
        determined(entity, place, day, **more)
    assert (refused.value.message, refused.value.details) == (said, details)


def test_a_territory_is_taxed_by_its_own_tax_or_by_a_declaration_with_their_sources() -> None:
    canaries = ("ES", "CN", "35001", "Las Palmas")
    taxed = determined(seller("ES", "ES-CN"), canaries)
    assert (taxed.jurisdiction, taxed.reason) == ("ES-CN", "IGIC, Canary Islands")
    assert "article 6 (1)" in taxed.source
    assert "Ley 4/2012" in taxed.source
    abroad = seller("DE", "ES-CN", absent=("ES-CN",))
    assert determined(abroad, canaries).treatment == "standard"  # it is registered there itself
    declared = determined(seller("ES", absent=("ES-CN",)), canaries)
    said = f"supplied outside the tax of ES; {NAME} is not registered in ES-CN: no customers to collect from"
    assert (declared.treatment, declared.reason) == ("outside_scope", said)
    assert declared.source.startswith("Council Directive 2006/112/EC, articles 44 and 58; ")
    plain = determined(seller("DE", absent=("JP",)), ("JP",))
    assert plain.source == "Council Directive 2006/112/EC, articles 44 and 58"


def test_the_tax_of_two_countries_for_one_territory_is_that_of_the_one_that_registers() -> None:
    """Büsingen is German and bears Swiss VAT: a registration in Switzerland charges businesses and consumers."""
    place = ("DE", None, "78266", "Büsingen")
    assert determined(seller("AT", "CH"), place).percent == Decimal("8.1")
    assert determined(seller("CH"), place).percent == Decimal("8.1")
    martinique = ("MQ", None, "97200", "Fort-de-France")
    french = seller("DE", "FR", absent=("MQ",))
    assert determined(french, martinique, vat_number=None, **CONSUMER).percent == Decimal("8.5")
    assert determined(french, martinique).treatment == "outside_scope"  # a business of another country's seller


def priced(terms: AccountTerms, plan: BatchPlan) -> object:
    return price_account(terms, plan=plan, usages=usages_of(usage_of(used("calls", "5"))))


UNIT = {"model": "per_unit", "unit_price": "1"}
CALLS, MOST = meter("calls"), meter("most", "max")
SAID: list[tuple[Callable[[], object], str, dict[str, str]]] = [
    (
        lambda: priced(terms_of(version(1, "2012-01-01", charge("a", UNIT, meter="gone"))), plan_of("2013-01", CALLS)),
        "charge a reads meter gone, which nobody published",
        {"charge": "a"},
    ),
    (
        lambda: priced(
            terms_of(version(1, "2012-01-01", charge("a", {"model": "dynamic"}, meter="calls"))),
            plan_of("2013-01", CALLS),
        ),
        "charge a takes its price from the events, and meter calls has no price_property",
        {"charge": "a"},
    ),
    (
        lambda: priced(
            terms_of(version(1, "2012-01-01", charge("a", UNIT, meter="most", pooled=True))), plan_of("2013-01", MOST)
        ),
        "charge a pools meter most, whose quantities of several accounts do not add up",
        {"charge": "a"},
    ),
    (
        lambda: timelines(
            [
                version(1, "2012-01-01", charge("a", "1")),
                version(2, "2013-01-11", charge("a", "1", cadence={"interval": "year", "anchor": "2013-01-01"})),
            ],
            Period.month("2013-01"),
        ),
        "charge a changes its cadence on 2013-01-11: end it, and begin another one",
        {"charge": "a"},
    ),
    (
        lambda: governing(
            [
                version(1, "2012-01-01", charge("a", "1")),
                version(2, "2013-01-11", charge("a", "1")).model_copy(update={"time_zone": "Europe/Berlin"}),
            ],
            Period.month("2013-01"),
        ),
        "contract K changes its currency or time zone with version 2: end it",
        {"contract": "K"},
    ),
]


@pytest.mark.parametrize(("priced_so", "said", "details"), SAID, ids=[said for _, said, _ in SAID])
def test_what_cannot_be_priced_names_its_charge_or_contract(
    priced_so: Callable[[], object], said: str, details: dict[str, str]
) -> None:
    with pytest.raises(UnpriceableCharge) as refused:
        priced_so()
    assert (refused.value.message, refused.value.details) == (said, details)
