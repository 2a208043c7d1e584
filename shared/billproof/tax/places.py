"""Where an address is for tax: its country, or a territory that is taxed otherwise than the country it names.

A territory is shown by a country code of its own, by its region (ISO 3166-2), by its postal codes or by its city. Signs
that contradict each other determine nothing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from billproof.errors import UndeterminedTax
from billproof.masterdata.addresses import Address
from billproof.names import ALIASES, COUNTRIES
from billproof.tax.model import Standing, Territory
from billproof.tax.rows import rule_set

POSTAL_CODES = {"AT": 4, "DE": 5, "ES": 5, "FI": 5, "FR": 5, "GR": 5, "IT": 5, "NO": 4, "PT": (4, 7)}
"""How many digits a postal code has in the countries whose territories are told apart by it."""
DOUBTED = {*POSTAL_CODES, "NL"}
"""Countries under whose code addresses in their territories are common."""
MAX_PLACES = 4_096
"""Addresses whose place is remembered."""
_COUNTRY_PREFIX = re.compile(r"^[A-Z]{1,3}-")
_CODE = re.compile(r"[A-Z0-9]{1,3}")


@dataclass(frozen=True, slots=True)
class Place:
    """A place as tax sees it.

    `country` is whose tax numbers are used there. It `is_doubtful` where nothing rules out a territory of the country,
    because the postal code is not one of its form.
    """

    country: str
    region: str | None
    city: str
    postal_code: str
    territory: Territory | None = None
    is_doubtful: bool = False

    @property
    def code(self) -> str:
        """The jurisdiction of its tax: of the territory, or the country."""
        return self.territory.code if self.territory else self.country

    @property
    def is_outside(self) -> bool:
        """Whether it is a territory outside the tax of its country."""
        return self.territory is not None and self.territory.standing is Standing.OUTSIDE


@lru_cache(MAX_PLACES)
def place_of(address: Address) -> Place:
    """Return where an address is; raises UndeterminedTax where its parts name different territories."""
    postal_code = _COUNTRY_PREFIX.sub("", address.postal_code.strip().upper()).replace(" ", "").replace("-", "")
    country = ALIASES.get(address.country, address.country)  # as a document of before may name it
    if country not in COUNTRIES:
        message = f"{country!r} is not a country's code of ISO 3166-1"
        raise UndeterminedTax(message, country=country)
    return _place(address, country, postal_code)


def _place(address: Address, country: str, postal_code: str) -> Place:
    territories, region = rule_set("territories").territories, _region_of(address, country)
    named = next((territory for territory in territories if country in territory.iso), None)
    if named is not None and named.standing is Standing.PART_OF:
        region = country if named.code == "US" else region
        return Place(named.code, region, address.city, postal_code)
    if named is not None:
        return Place(named.country, region, address.city, postal_code, named)
    own = [
        territory
        for territory in territories
        if territory.country == country and territory.standing is not Standing.PART_OF
    ]
    digits = POSTAL_CODES.get(country, ())
    is_formed = postal_code.isdecimal() and len(postal_code) in (digits if isinstance(digits, tuple) else (digits,))
    shown = list(dict.fromkeys(_shown(own, region, address.city, postal_code)))
    contradicts = any(
        is_formed and territory.postal_codes and not _has_code(territory, postal_code) for territory in shown
    )
    if len(shown) > 1 or contradicts:
        message = f"region {address.region}, postal code {address.postal_code} and city {address.city} contradict "
        raise UndeterminedTax(message + "each other", country=country)
    is_coded = region is not None and _CODE.fullmatch(region) is not None
    is_doubtful = country in DOUBTED and not shown and not is_formed and not is_coded
    return Place(country, region, address.city, postal_code, shown[0] if shown else None, is_doubtful=is_doubtful)


def _region_of(address: Address, country: str) -> str | None:
    """Return the part of a region's code after the country: `ES-CN` and `cn` are CN, and an empty one is none."""
    region = (address.region or "").strip().upper()
    return region.removeprefix(f"{address.country}-").removeprefix(f"{country}-") or None


def _shown(territories: list[Territory], region: str | None, city: str, postal_code: str) -> Iterator[Territory]:
    for territory in territories:
        if (
            region in (*territory.regions, *territory.iso)
            or _has_code(territory, postal_code)
            or is_city(city, territory.cities)
        ):
            yield territory


def _has_code(territory: Territory, postal_code: str) -> bool:
    return bool(territory.postal_codes) and re.fullmatch(territory.postal_codes, postal_code) is not None


def is_city(city: str, cities: tuple[str, ...]) -> bool:
    """Say whether a city is one of some, however it is spaced and capitalised."""
    return " ".join(city.split()).casefold() in {name.casefold() for name in cities}
