"""Which place an address is for tax: its country, its region, a territory, and whether that is beyond doubt."""

import pytest

from billproof.errors import UndeterminedTax
from billproof.masterdata.addresses import Address
from billproof.tax.places import Place, is_city, place_of
from tests.support.taxes import address_of

PLACES = [
    # country, region, postal code, city: country, region and territory for tax, and whether it is doubtful
    ("ES", None, "28046", "Madrid", ("ES", None, None, False)),
    ("ES", "CN", "35001", "Las Palmas", ("ES", "CN", "ES-CN", False)),
    ("ES", None, "35001", "Somewhere", ("ES", None, "ES-CN", False)),
    ("ES", None, " es-35 001 ", "Somewhere", ("ES", None, "ES-CN", False)),
    ("ES", "es-cn", "", "Somewhere", ("ES", "CN", "ES-CN", False)),
    ("ES", None, "", "  melilla ", ("ES", None, "ES-ML", False)),
    ("ES", None, "3500", "Somewhere", ("ES", None, None, True)),
    ("ES", None, "", "Somewhere", ("ES", None, None, True)),
    ("ES", "", "", "Somewhere", ("ES", None, None, True)),
    ("ES", "M", "", "Somewhere", ("ES", "M", None, False)),
    ("ES", "Madrid", "", "Somewhere", ("ES", "MADRID", None, True)),
    ("ES", None, "2804A", "Somewhere", ("ES", None, None, True)),
    ("PT", None, "1000-001", "Lisboa", ("PT", None, None, False)),
    ("PT", None, "1000", "Lisboa", ("PT", None, None, False)),
    ("PT", None, "10000", "Lisboa", ("PT", None, None, True)),
    ("PT", None, "9000-001", "Funchal", ("PT", None, "PT-30", False)),
    ("NL", None, "1011 AB", "Amsterdam", ("NL", None, None, True)),
    ("NL", "NH", "1011 AB", "Amsterdam", ("NL", "NH", None, False)),
    ("SE", None, "", "Stockholm", ("SE", None, None, False)),
    ("FR", None, "97200", "Fort-de-France", ("FR", None, "MQ", False)),
    ("MQ", None, "97200", "Fort-de-France", ("FR", None, "MQ", False)),
    ("MC", None, "98000", "Monaco", ("FR", None, None, False)),
    ("PR", None, "00901", "San Juan", ("US", "PR", None, False)),
    ("UK", "UK-NIR", "BT1 1AA", "Belfast", ("GB", "NIR", None, False)),
    ("UK", "GB-NIR", "BT1 1AA", "Belfast", ("GB", "NIR", None, False)),
    ("EL", "GR-69", "", "Somewhere", ("GR", "69", "GR-69", False)),
]


def place(country: str, region: str | None, postal: str, city: str) -> Place:
    return place_of(Address.model_validate(address_of(country, region, postal, city)))


@pytest.mark.parametrize(("country", "region", "postal", "city", "found"), PLACES)
def test_where_an_address_is(
    country: str, region: str | None, postal: str, city: str, found: tuple[str, str | None, str | None, bool]
) -> None:
    there = place(country, region, postal, city)
    territory = there.territory.code if there.territory else None
    assert (there.country, there.region, territory, there.is_doubtful) == found
    assert there.code == (territory or there.country)
    assert there.city == city


CONTRADICTIONS = [
    ("ES", "CN", "28046", "Madrid"),
    ("ES", "CE", "", "Melilla"),
    ("ES", None, "35001", "Ceuta"),
    ("ES", None, "28046", "Ceuta"),
]


@pytest.mark.parametrize(("country", "region", "postal", "city"), CONTRADICTIONS)
def test_an_address_whose_parts_name_different_places_has_no_place(
    country: str, region: str | None, postal: str, city: str
) -> None:
    with pytest.raises(UndeterminedTax) as refused:
        place(country, region, postal, city)
    said = f"region {region}, postal code {postal} and city {city} contradict each other"
    assert (refused.value.message, refused.value.details) == (said, {"country": country})


def test_what_is_no_country_says_so() -> None:
    with pytest.raises(UndeterminedTax) as refused:
        place("XK", None, "", "Pristina")
    assert refused.value.message == "'XK' is not a country's code of ISO 3166-1"
    assert refused.value.details == {"country": "XK"}


def test_a_city_is_known_however_it_is_spaced_and_capitalised() -> None:
    assert is_city("  NEW   york ", ("Albany", "New York"))
    assert not is_city("York", ("Albany", "New York"))
    assert not is_city("New York", ())
