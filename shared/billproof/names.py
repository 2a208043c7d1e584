"""Types of text and numbers in master data and in what people say."""

import re
import unicodedata
from collections.abc import Callable
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints, ValidationInfo

from billproof.errors import InvalidInput
from billproof.ids import NAME_RULE, name
from billproof.model import Exact, Whole
from billproof.money import exponent
from billproof.periods import Period, zone


def _checked(check: Callable[[str], object], said: str) -> AfterValidator:
    """Make a field validator of a check that raises InvalidInput; it says what is wrong without what was given."""

    def validate(value: str) -> str:
        try:
            check(value)
        except InvalidInput:
            raise ValueError(said) from None
        return value

    return AfterValidator(validate)


_CODES = (
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY "
    "BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK "
    "FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR "
    "IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK "
    "ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM "
    "PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF "
    "TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW"
)
COUNTRIES = frozenset(_CODES.split())
"""Every code of ISO 3166-1 alpha-2 that is assigned, as of 2026 (ISO Online Browsing Platform)."""
ALIASES = {"EL": "GR", "UK": "GB"}
"""Codes that the European Union writes in place of ISO 3166-1."""


PUBLISHED = {"published": True}
"""The context in which a document is validated that comes in now; what was stored before stays readable as it is."""


def is_published(info: ValidationInfo) -> bool:
    """Say whether a document comes in now."""
    return bool(info.context and info.context.get("published"))


def _country(value: str, info: ValidationInfo) -> str:
    if not is_published(info):
        return value
    code = ALIASES.get(value, value)
    if code not in COUNTRIES:
        message = "this is not a country's code of ISO 3166-1"
        raise ValueError(message)
    return code


def _two_letters(value: str) -> None:
    if re.fullmatch("[a-z]{2}", value) is None:
        message = "this is not a language"
        raise InvalidInput(message)


Name = Annotated[str, _checked(lambda value: name(value, "the name"), f"this {NAME_RULE}")]
"""Letters, digits, `_` and `-`: it becomes part of keys."""
Currency = Annotated[str, _checked(exponent, "this is not a currency of ISO 4217")]
TimeZone = Annotated[str, _checked(zone, "this is not a time zone of the IANA database")]
Month = Annotated[str, _checked(Period.month, "this is not a calendar month: write it as YYYY-MM")]
Language = Annotated[str, _checked(_two_letters, "this is not a language: write two letters, such as de")]
EventType = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,127}$")]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$"), AfterValidator(_country)]
"""A country's code of ISO 3166-1; EL and UK, which the European Union writes, are published as GR and GB."""
Version = Annotated[int, Field(strict=True, ge=1, le=999_999)]


_CONTROL = {"Cc", "Cs", "Zl", "Zp"}
"""Unicode's categories of control characters, half surrogate pairs, and line and paragraph separators."""


def is_one_line(text: str) -> bool:
    """Say whether a text holds no line feed and no other control character: lists and documents show it as it is."""
    return not any(unicodedata.category(character) in _CONTROL for character in text)


def _one_line(value: str) -> str:
    if not is_one_line(value):
        message = "this holds a line feed or another control character"
        raise ValueError(message)
    return value


def _bounded(value: str) -> str:
    if len(value) > MOST_CHARACTERS:
        message = f"this is longer than {MOST_CHARACTERS} characters"
        raise ValueError(message)
    return value


ONE_LINE = AfterValidator(_one_line)
MOST_CHARACTERS = 1_000
BOUNDED = AfterValidator(_bounded)
"""A bound that the schema does not state: version 1 of the API was released without one, and takes nothing away."""
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=500), ONE_LINE]
"""Why a person decides or notes something, so that another one understands it."""
Reference = Annotated[str, StringConstraints(pattern=r"^\S(.{0,58}\S)?$"), ONE_LINE]
"""A customer's name for an order, a contract or a department."""
NumberInPath = Annotated[Whole, Field(ge=1, le=999_999)]
"""The number of a version or dispute in the path of a route."""
Nonnegative = Annotated[Exact, Field(ge=0)]
