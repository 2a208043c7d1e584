"""What the files of banks have in common: text, amounts and days, and errors that say where something is wrong.

An error names the place (a line, a field) and what is wrong there, never the text that stands there: it may be private.
"""

import re
from datetime import date
from typing import Any, NoReturn

from pydantic import BaseModel, ValidationError

from billproof.errors import InvalidInput
from billproof.model import what_is_wrong
from billproof.money import EXPONENTS, Money

MOST_BYTES = 16 * 2**20
"""How large a file may be; XML of that size takes a quarter of a gigabyte of memory."""
_AMOUNT = re.compile(r"[0-9]{1,18}(\.[0-9]{1,15})?", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
NO_REFERENCES = {"NONREF", "NOTPROVIDED", "NOT PROVIDED", "NONE", "N/A", "UNKNOWN", "STARTUMS"}
"""What banks write where there is no reference."""
_CREDITOR_REFERENCE = re.compile(r"RF[0-9]{2}[A-Z0-9]{1,21}", re.ASCII)


def refuse(what: str, place: str) -> NoReturn:
    """Raise InvalidInput for something that is wrong at a place of a file, and nothing of what stands there."""
    raise InvalidInput(what, place=place) from None


def built[M: BaseModel](model: type[M], place: str, **fields: Any) -> M:
    """Make a model of what stands at a place; raises InvalidInput with what is wrong there."""
    try:
        return model(**fields)
    except ValidationError as error:
        refuse(what_is_wrong(error), place)


def with_point(whole: str, decimals: str) -> str:
    """Write an amount with a point, whose digits before and after it a file writes apart."""
    return ".".join((whole, decimals or "0"))


def place_in_order(written: str | None, place: str) -> int | None:
    """Read a number of a statement; nought is none, as banks write it for all of theirs."""
    if written is None:
        return None
    if not re.fullmatch(r"[0-9]{1,18}", written, re.ASCII):
        refuse("this is no number of a statement", place)
    return int(written) or None


def currency(code: str | None, place: str) -> str:
    """Read a currency of ISO 4217."""
    if code not in EXPONENTS:
        refuse("this is not a currency of ISO 4217", place)
    return code


def money(text: str | None, code: str | None, place: str) -> Money:
    """Read an amount without a sign: digits, a point, digits; no exponent, no separators, no finer than the unit."""
    known = currency(code, place)
    if text is None or not _AMOUNT.fullmatch(text):
        refuse("this is not an amount: write digits, and a point before decimals", place)
    try:
        return Money.of(text, known)
    except InvalidInput:
        refuse(f"the amount is finer than the minor unit of {known}", place)


def day(text: str | None, place: str) -> date:
    """Read a day written YYYY-MM-DD."""
    try:
        if text is not None and len(text) == len("YYYY-MM-DD"):
            return date.fromisoformat(text)
    except ValueError:
        pass
    refuse("this is not a day of the calendar", place)


def short_day(text: str, place: str) -> date:
    """Read a day written YYMMDD, of this century."""
    if not re.fullmatch(r"[0-9]{6}", text, re.ASCII):
        refuse("this is not a day written YYMMDD", place)
    return day(f"20{text[:2]}-{text[2:4]}-{text[4:]}", place)


def decoded(data: bytes, encoding: str) -> str:
    """Decode a file; raises InvalidInput where it is in another encoding or is no text."""
    try:
        text = data.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        refuse(f"the file is not text in {encoding}", "the whole file")
    control = _CONTROL.search(text)
    if control:
        refuse("a control character is no text", f"line {text.count('\n', 0, control.start()) + 1}")
    return text


def reference_or_none(text: str | None) -> str | None:
    """Return a reference without blanks around it; None for what banks write where there is none."""
    stripped = (text or "").strip()
    return None if stripped.upper() in NO_REFERENCES or not stripped.strip("0-. ") else stripped


def creditor_reference(text: str) -> str | None:
    """Return a text as a reference of ISO 11649, without blanks, if it has the form of one."""
    compact = "".join(text.split()).upper()
    return compact if _CREDITOR_REFERENCE.fullmatch(compact) else None


def lines_of(parts: list[str]) -> str:
    """Join the parts that a file cuts a text into: each is a line, and nothing of it is lost."""
    return "\n".join(part for part in parts if part.strip())
