"""Making facts of texts: the forms in which an amount, a number, a day, a name or somebody's words are written."""

import unicodedata
from datetime import date
from decimal import Decimal

from billproof.model import decimal_text
from billproof.money import Money
from billproof.writing.model import FactKind, SourceFact
from billproof.writing.vocabulary import holds_a_figure

MOST_CLAUSE = 600
"""Letters of somebody's words that a text repeats; of longer ones the beginning, and that there is more."""
MOST_NAME = 120
NOTHING = "(empty)"
"""What stands for a text that holds nothing that can be shown."""


def amount(name: str, money: Money, *, required: bool = False) -> SourceFact:
    """Make a fact of an amount: 1234.50 USD, 1,234.50 USD, or with the currency before it."""
    grouped = f"{Decimal(money.text):,f}"
    numbers = dict.fromkeys((money.text, grouped))
    forms = (f"{number} {money.currency}" for number in numbers)
    before = (f"{money.currency} {number}" for number in numbers)
    return SourceFact(name=name, kind=FactKind.AMOUNT, forms=(*forms, *before), required=required)


def number(name: str, value: Decimal | int, one: str, several: str, *, required: bool = False) -> SourceFact:
    """Make a fact of a number with its unit, such as 1 day or 12 days: neither is written without the other."""
    unit = one if value == 1 else several
    plain, grouped = decimal_text(Decimal(value)), f"{Decimal(value):,f}"
    forms = dict.fromkeys((f"{plain} {unit}", f"{grouped} {unit}"))
    return SourceFact(name=name, kind=FactKind.NUMBER, forms=tuple(forms), required=required)


def version(name: str, value: int, *, required: bool = False) -> SourceFact:
    """Make a fact of the number of a version: version 2."""
    return SourceFact(
        name=name, kind=FactKind.NUMBER, forms=(f"version {value}", f"Version {value}"), required=required
    )


def day(name: str, value: date, *, required: bool = False) -> SourceFact:
    """Make a fact of a day: 2013-03-31, 31 March 2013, or March 31, 2013."""
    month = _MONTHS[value.month - 1]
    forms = (value.isoformat(), f"{value.day} {month} {value.year:04}", f"{month} {value.day}, {value.year:04}")
    return SourceFact(name=name, kind=FactKind.DATE, forms=forms, required=required)


def month(name: str, first: date, *, required: bool = False) -> SourceFact:
    """Make a fact of a month, given its first day: 2013-03, or March 2013."""
    forms = (f"{first.year:04}-{first.month:02}", f"{_MONTHS[first.month - 1]} {first.year:04}")
    return SourceFact(name=name, kind=FactKind.MONTH, forms=forms, required=required)


def named(name: str, text: str, *, personal: bool = True, required: bool = False) -> SourceFact:
    """Make a fact of a name; one that reads like a figure, or has no letter, is written in quotation marks."""
    said = plain(text, MOST_NAME)
    form = f"“{said}”" if holds_a_figure(said) or not any(map(str.isalpha, said)) else said
    return SourceFact(name=name, kind=FactKind.NAME, forms=(form,), personal=personal, required=required)


def reference(name: str, text: str, *, personal: bool = False, required: bool = False) -> SourceFact:
    """Make a fact of an id or number of a document; one with a blank or without a letter is written in quotation marks.

    A reference such as 5000 would be a figure in the place of any other.
    """
    said = plain(text, MOST_NAME)
    form = said if any(map(str.isalpha, said)) and " " not in said else f"“{said}”"
    return SourceFact(name=name, kind=FactKind.REFERENCE, forms=(form,), personal=personal, required=required)


def clause(name: str, text: str, *, personal: bool = True, required: bool = False) -> SourceFact:
    """Make a fact of somebody's words: a text repeats all of them, in quotation marks, or none."""
    said = plain(text, MOST_CLAUSE)
    forms = (f"“{said}”", f'"{said}"')
    return SourceFact(name=name, kind=FactKind.CLAUSE, forms=forms, personal=personal, required=required)


def statement(name: str, text: str, *, personal: bool = False, required: bool = True) -> SourceFact:
    """Make a fact of a claim that a text states word for word, such as a change from one value to another."""
    said = " ".join(text.split())
    return SourceFact(name=name, kind=FactKind.STATEMENT, forms=(said,), personal=personal, required=required)


def plain(text: str, most: int) -> str:
    """Return somebody's words on one line: without control characters, and with no quotation mark that ends a quote."""
    visible = "".join(" " if unicodedata.category(letter)[0] in "CZ" else letter for letter in text)
    one_line = " ".join(visible.translate(_SINGLE).split()) or NOTHING
    return one_line if len(one_line) <= most else f"{one_line[:most].rstrip()} …"


_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_SINGLE = dict.fromkeys(map(ord, '"“”„«»'), "'")
