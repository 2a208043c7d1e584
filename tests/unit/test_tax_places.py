"""Where tax is due: territories that are not taxed as their country, alias codes, and places without a rule."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from billproof.errors import UndeterminedTax
from billproof.masterdata.addresses import Address
from billproof.masterdata.directory import read_master_data
from billproof.masterdata.model import AnyMasterData
from billproof.masterdata.parties import Account, LegalEntity
from billproof.names import COUNTRIES
from billproof.tax.model import Determination, Treatment
from billproof.tax.places import place_of
from billproof.tax.rows import rule_set
from billproof.tax.rules import CUSTOMER_ACCOUNTS, determine
from tests.support.taxes import address_of, customer, found_tax, seller

GERMANY, SPAIN, FRANCE, AUSTRIA, STATES = (seller(code) for code in ("DE", "ES", "FR", "AT", "US"))
DAY = "2026-02-01"
CONSUMER = {"customer_kind": "consumer"}

PLACES = [
    # seller, country, region, postal code, city: what is determined
    (SPAIN, "ES", None, "28046", "Madrid", "ES standard 21"),
    (SPAIN, "ES", None, "35001", "Las Palmas", "held"),  # Canary Islands: IGIC, Directive 2006/112/EC, article 6 (1)
    (SPAIN, "ES", "TF", "38001", "Santa Cruz", "held"),
    (SPAIN, "ES", "CE", "51001", "Ceuta", "held"),  # IPSI
    (SPAIN, "ES", None, "52001", "Melilla", "held"),
    (seller("ES", "ES-CN"), "ES", "CN", "35001", "Las Palmas", "ES-CN standard 7"),  # Ley 4/2012, article 51
    (seller("ES", absent=("ES-CN",)), "ES", "GC", "35001", "Las Palmas", "ES-CN outside_scope 0"),
    (seller("IT"), "IT", None, "23041", "Livigno", "held"),
    (seller("IT"), "IT", "SO", "23030", "Livigno", "held"),
    (seller("IT"), "IT", None, "22061", "Campione d'Italia", "held"),
    (seller("IT"), "IT", None, "20121", "Milano", "IT standard 22"),
    (GERMANY, "DE", None, "78266", "Büsingen", "held"),
    (seller("DE", "CH"), "DE", None, "78266", "Büsingen", "DE-BUS standard 8.1"),  # Swiss VAT: MWSTG, article 3 (a)
    (GERMANY, "DE", None, "D-27498", "Helgoland", "held"),
    (GERMANY, "DE", None, "78224", "Singen", "DE standard 19"),
    (seller("FI"), "FI", "01", "22100", "Mariehamn", "held"),
    (seller("FI"), "AX", None, "22100", "Mariehamn", "held"),
    (seller("FI", absent=("AX",)), "AX", None, "22100", "Mariehamn", "AX outside_scope 0"),
    (seller("GR"), "GR", "69", "63086", "Karyes", "held"),
    (FRANCE, "GP", None, "97110", "Pointe-à-Pitre", "GP standard 8.5"),  # Code général des impôts, article 296
    (FRANCE, "FR", None, "97200", "Fort-de-France", "MQ standard 8.5"),
    (FRANCE, "FR", "RE", "97400", "Saint-Denis", "RE standard 8.5"),
    (FRANCE, "FR", None, "97300", "Cayenne", "held"),
    (FRANCE, "YT", None, "97600", "Mamoudzou", "held"),
    (FRANCE, "FR", None, "97133", "Gustavia", "held"),
    (FRANCE, "FR", None, "97150", "Marigot", "held"),
    (GERMANY, "MQ", None, "97200", "Fort-de-France", "held"),
    (FRANCE, "MC", None, "98000", "Monaco", "FR standard 20"),  # article 7 of the Directive
    (seller("GB"), "IM", None, "IM1 1AA", "Douglas", "GB standard 20"),
    (seller("GB"), "JE", None, "JE1 1AA", "Saint Helier", "held"),
    (seller("GB"), "GB", None, "JE2 3AB", "Grouville", "held"),  # Interpretation Act 1978, schedule 1
    (seller("GB"), "GB", None, "GY1 1WR", "Somewhere", "held"),
    (seller("GB", absent=("JE",)), "GB", None, "JE2 3AB", "Grouville", "JE outside_scope 0"),
    (seller("GB"), "GB", "JE", "", "Somewhere", "held"),
    (seller("GB"), "GB", None, "GL1 1AA", "Gloucester", "GB standard 20"),
    (seller("DK"), "DK", None, "3900", "Nuuk", "held"),  # Momsloven, section 2
    (seller("DK"), "DK", None, "FO-100", "Somewhere", "held"),
    (seller("DK"), "DK", None, "1050", "København", "DK standard 25"),
    # the whole code of a region, as ISO 3166-2 writes it, and a territory's own code as a region
    (SPAIN, "ES", "ES-CN", "", "Las Palmas", "held"),
    (SPAIN, "ES", "es-ce", "", "Somewhere", "held"),
    (seller("PT"), "PT", "PT-30", "", "Funchal", "PT-30 standard 22"),
    (seller("FI"), "FI", "AX", "", "Somewhere", "held"),
    (seller("US", "US-NY"), "US", "US-NY", "10001", "New York", "US-NY standard 4"),
    (seller("CA"), "CA", "ca-on", "", "Toronto", "CA-ON standard 13 HST 13"),
    (seller("PT"), "PT", None, "1000-001", "Lisboa", "PT standard 23"),
    (seller("PT"), "PT", None, "9000-001", "Funchal", "PT-30 standard 22"),  # Código do IVA, article 18 (3)
    (seller("PT"), "PT", "20", "9500-001", "Ponta Delgada", "PT-20 standard 16"),
    (AUSTRIA, "AT", None, "6691", "Jungholz", "AT-JUN standard 19"),  # section 10 (4) UStG
    (AUSTRIA, "AT", None, "6993", "Mittelberg", "AT-MIT standard 19"),
    (AUSTRIA, "AT", None, "1010", "Wien", "AT standard 20"),
    (seller("NO"), "SJ", None, "9170", "Longyearbyen", "held"),
    (seller("NL"), "CW", None, "", "Willemstad", "held"),
    (GERMANY, "BR", None, "", "São Paulo", "held"),
    (seller("DE", absent=("BR",)), "BR", None, "", "São Paulo", "BR outside_scope 0"),
    (GERMANY, "US", "NY", "10001", "New York", "held"),
    (seller("DE", absent=("US",)), "US", "NY", "10001", "New York", "US outside_scope 0"),
    (STATES, "US", "IL", "62701", "Springfield", "US-IL not_taxable 0"),
    (STATES, "US", "IL", "60601", "Chicago", "held"),  # Chicago Municipal Code, chapter 3-32
    (STATES, "US", "CO", "80249", "Denver", "held"),
    (seller("US", absent=("US-IL-CHICAGO",)), "US", "IL", "60601", "Chicago", "US-IL not_taxable 0"),
    (seller("US", absent=("US",)), "US", "CO", "80249", "Denver", "US-CO not_taxable 0"),
    (STATES, "US", "AZ", "85008", "Phoenix", "held"),
    (seller("US", absent=("US-AZ",)), "US", "AZ", "85008", "Phoenix", "US-AZ no_nexus 0"),
    (seller("US", "US-PR"), "PR", None, "00901", "San Juan", "US-PR standard 10.5"),
    (STATES, "GU", None, "96910", "Hagåtña", "held"),
    (STATES, "US", "AK", "99501", "Anchorage", "held"),
]


@pytest.mark.parametrize(("entity", "country", "region", "postal", "city", "expected"), PLACES)
def test_what_is_due_at_a_place(
    entity: LegalEntity, country: str, region: str | None, postal: str, city: str, expected: str
) -> None:
    assert found_tax(entity, customer(country, region, postal, city), DAY) == expected


@pytest.mark.parametrize(
    ("country", "region", "postal", "city", "expected"),
    [
        ("FR", None, "75001", "Paris", "FR reverse_charge 0"),
        ("MC", None, "98000", "Monaco", "FR reverse_charge 0"),  # with a French number
        ("PT", "30", "9000-001", "Funchal", "PT reverse_charge 0"),
        ("AT", None, "6991", "Riezlern", "AT reverse_charge 0"),
        ("GB", None, "EC1A 1AA", "London", "GB outside_scope 0"),
        ("GB", "NIR", "BT1 1AA", "Belfast", "GB outside_scope 0"),
    ],
)
def test_businesses_abroad_account_for_the_tax(
    country: str, region: str | None, postal: str, city: str, expected: str
) -> None:
    numbers = {"FR": "FR40303265045", "MC": "FR40303265045", "PT": "PT501964843", "AT": "ATU13585627"}
    account = customer(country, region, postal, city, vat_number=numbers.get(country))
    assert found_tax(GERMANY, account, DAY) == expected


def test_a_number_for_goods_in_northern_ireland_is_none_for_services() -> None:
    london = customer("GB", None, "BT1 1AA", "Belfast")
    assert found_tax(STATES, london, DAY) == "GB reverse_charge 0"
    belfast = customer("GB", "NIR", "BT1 1AA", "Belfast", vat_number="XI980780684")
    with pytest.raises(UndeterminedTax, match="for goods in Northern Ireland"):
        determine(legal_entity=STATES, account=belfast, tax_point=date(2026, 2, 1))


@pytest.mark.parametrize(
    ("region", "postal", "city"), [("CN", "28046", "Madrid"), ("CE", "52001", "Melilla"), (None, "28046", "Ceuta")]
)
def test_an_address_that_contradicts_itself_determines_nothing(region: str | None, postal: str, city: str) -> None:
    with pytest.raises(UndeterminedTax, match="contradict") as error:
        determine(legal_entity=SPAIN, account=customer("ES", region, postal, city), tax_point=date(2026, 2, 1))
    assert error.value.details == {"account": "UA"}


def test_a_postal_code_of_no_form_is_for_review() -> None:
    madrid = seller("ES", address=address_of("ES", None, "28046"))
    doubts = [(None, "n/a", True), ("Canarias", "", True), ("", "", True), (None, "28046", False), ("MD", "", False)]
    for region, postal, for_review in doubts:
        tax = determine(legal_entity=madrid, account=customer("ES", region, postal), tax_point=date(2026, 2, 1))
        assert (str(tax.percent), tax.needs_review) == ("21", for_review)


def published(country: str) -> AnyMasterData:
    """An account as it comes in from the CRM."""
    document = {**customer("DE").model_dump(mode="json"), "address": address_of(country)}
    return read_master_data(json.dumps(document))


@pytest.mark.parametrize(("code", "country"), [("EL", "GR"), ("UK", "GB"), ("GR", "GR")])
def test_the_codes_of_the_european_union_are_published_as_those_of_iso_3166(code: str, country: str) -> None:
    account = published(code)
    assert isinstance(account, Account)
    assert account.address.country == country


@pytest.mark.parametrize("code", ["XX", "ZZ", "EU", "XI", "AN", "SU", "XK", "EA", "IC", "de", ""])
def test_a_code_that_is_no_country_is_refused(code: str) -> None:
    with pytest.raises(ValidationError):
        published(code)


def test_a_code_that_was_stored_before_is_read_as_it_is_and_determines_nothing() -> None:
    assert Address.model_validate(address_of("XK")).country == "XK"
    with pytest.raises(UndeterminedTax, match="'XK' is not a country's code"):
        determine(legal_entity=GERMANY, account=customer("XK"), tax_point=date(2026, 2, 1))
    assert found_tax(seller("GB"), customer("UK", None, "EC1A 1AA"), DAY) == "GB standard 20"


CERTIFICATES = [
    # province, certificate of: what stays due
    ("BC", "CA-BC", "CA-BC standard 5 GST 5"),
    ("BC", "CA", "CA-BC standard 7 PST 7"),
    ("QC", "CA", "CA-QC standard 9.975 QST 9.975"),
    ("QC", "CA-QC", "CA-QC standard 5 GST 5"),
    ("ON", "CA", "CA-ON exempt 0"),  # the whole of HST
    ("ON", "CA-ON", "CA-ON standard 13 HST 13"),
    ("AB", "CA", "CA-AB exempt 0"),
    ("AB", "CA-BC", "CA-AB standard 5 GST 5"),
]


@pytest.mark.parametrize(("province", "of", "expected"), CERTIFICATES)
def test_a_certificate_frees_from_the_tax_of_its_own_jurisdiction(province: str, of: str, expected: str) -> None:
    entity = seller("CA", "CA-BC", "CA-QC")
    assert found_tax(entity, customer("CA", province, exemptions=[certificate(of)]), DAY) == expected


def test_two_certificates_free_from_both() -> None:
    account = customer("CA", "BC", exemptions=[certificate("CA"), certificate("CA-BC")])
    assert found_tax(seller("CA", "CA-BC"), account, DAY) == "CA-BC exempt 0"


def test_a_rate_says_of_which_part_of_a_country_it_is() -> None:
    for postal, reason in (("9000-001", "domestic supply, Madeira"), ("1000-001", "domestic supply")):
        account = customer("PT", None, postal)
        assert determine(legal_entity=seller("PT"), account=account, tax_point=date(2026, 2, 1)).reason == reason


def certificate(jurisdiction: str) -> dict[str, Any]:
    return {
        "jurisdiction": jurisdiction,
        "certificate": "1",
        "reason": "diplomatic mission",
        "effective": {"start": "2026-01-01"},
    }


def everywhere() -> list[tuple[str, str | None, str]]:
    """Every country, with every region and a postal code of every territory that the data knows."""
    territories = rule_set("territories").territories
    places: list[tuple[str, str | None, str]] = [(country, None, "") for country in sorted(COUNTRIES)]
    places += [(one.country, region, "") for one in territories for region in one.regions]
    for rules in ("us_saas", "ca_sales_tax"):
        known = rule_set(rules)
        codes = {row.jurisdiction for row in (*known.rates, *known.taxability)}
        places += [(code[:2], code[3:], "") for code in sorted(codes)]
    places += [("US", region, "") for region in ("AK", "GU", "VI", "XX")]
    places += [(country, None, postal) for country, postal in POSTAL_CODES]
    return places


POSTAL_CODES = [("ES", "35001"), ("ES", "51001"), ("IT", "23041"), ("DE", "78266"), ("DE", "27498"), ("FI", "22100")]
SELLERS = [seller(code) for code in ("US", "DE", "FR", "GB", "CH", "NO", "CA", "BR")]
EVERYTHING = [seller(entity.address.country, *sorted(COUNTRIES), "ES-CN", "CA-BC", "US-NY") for entity in SELLERS]


def determined(entity: LegalEntity, account: Account) -> Iterator[Determination]:
    for day in (date(2009, 12, 31), date(2013, 1, 1), date(2016, 6, 1), date(2026, 12, 31)):
        try:
            yield determine(legal_entity=entity, account=account, tax_point=day)
        except UndeterminedTax:
            continue


@pytest.mark.parametrize("entity", [*SELLERS, *EVERYTHING], ids=lambda entity: entity.address.country)
def test_every_place_gives_a_rate_with_a_source_or_is_held(entity: LegalEntity) -> None:
    """No declaration is made: then nothing is untaxed but by a rule, and nothing outside the rules is determined."""
    held = 0
    for country, region, postal in everywhere():
        for kind in ("business", "consumer"):
            account = customer(country, region, postal, customer_kind=kind)
            taxes = list(determined(entity, account))
            held += not taxes
            for tax in taxes:
                assert tax.source
                assert (tax.percent > 0) == (tax.treatment is Treatment.STANDARD)
                assert tax.percent > 0 or is_untaxed_by_a_rule(tax, account), (country, region, tax)
    assert held > 300  # most of the world has no rule


def is_untaxed_by_a_rule(tax: Determination, account: Account) -> bool:
    """Whether a rule of the place itself leaves the tax to the customer, or does not tax the service."""
    place = place_of(account.address)
    union = {rate.jurisdiction for rate in rule_set("eu_vat").rates}
    match tax.treatment:
        case Treatment.NOT_TAXABLE | Treatment.EXEMPT:
            return place.country == "US"
        case Treatment.REVERSE_CHARGE:
            return place.country in union | set(CUSTOMER_ACCOUNTS) and not place.is_outside
        case Treatment.OUTSIDE_SCOPE:
            return place.country in CUSTOMER_ACCOUNTS and not place.is_outside
        case _:
            return False


def test_no_territory_outside_the_tax_of_its_country_bears_it() -> None:
    for territory in rule_set("territories").territories:
        for region in (*territory.regions, *territory.iso):
            country = region if region in territory.iso else territory.country
            account = customer(country, None if country == region else region, customer_kind="consumer")
            for day in (date(2013, 1, 1), date(2026, 12, 31)):
                try:
                    tax = determine(legal_entity=seller(territory.country), account=account, tax_point=day)
                except (UndeterminedTax, ValidationError):
                    continue
                assert tax.jurisdiction != territory.country or territory.standing != "outside"


def test_the_day_before_the_data_begins_is_held_everywhere() -> None:
    day = rule_set("eu_vat").first_day - timedelta(days=1)
    for entity in (*SELLERS, *EVERYTHING):
        country = entity.address.country
        account = customer(country, "ON" if country == "CA" else "NY" if country == "US" else None)
        assert found_tax(entity, account, day.isoformat()) == "held"
