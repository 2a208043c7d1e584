"""Numbers that say whose something is, found by what they are and not by what their field is called.

card number    13 to 19 digits with the first digit and the check digit of a card (ISO/IEC 7812)
bank account   an IBAN of its country's length, with its check digits (ISO 13616)
tax number     the form that the logs mask, too (template.yaml); in the USA also that of an EIN or SSN
"""

import re
from collections.abc import Iterator

from stdnum import iban

_CARD = re.compile(r"(?<![0-9A-Za-z])(?:[0-9][ .\u00a0-]{0,2}){12,18}[0-9](?![0-9A-Za-z])", re.ASCII)
"""Digits of a card's length, with at most two blanks, dashes or dots between them; 13 to 19, as by ISO/IEC 7812."""
_FIRST_OF_CARDS = "23456"
_NINE = 9
_SIGN = r"[ .\u00a0-]{1,2}"
_PRINTED_CARDS = tuple(
    re.compile(rf"(?<![0-9A-Za-z])(?=({form})(?![0-9A-Za-z]))", re.ASCII)
    for form in (
        r"[0-9]{13,19}",
        rf"[0-9]{{4}}(?:{_SIGN}[0-9]{{4}}){{3}}",
        rf"[0-9]{{4}}(?:{_SIGN}[0-9]{{4}}){{3}}{_SIGN}[0-9]{{3}}",
        rf"[0-9]{{4}}{_SIGN}[0-9]{{6}}{_SIGN}[0-9]{{4,5}}",
    )
)
"""Cards in the groups that are printed on them, wherever they begin: other digits may stand before and after."""
_DIGITS = re.compile(r"(?<![0-9])[0-9]{13,19}(?![0-9])", re.ASCII)
_BETWEEN = re.compile(r"[^0-9A-Za-z]+", re.ASCII)
_BANK_ACCOUNT = re.compile(r"(?=([A-Za-z]-?[A-Za-z]-?[0-9]-?[0-9](?:-?[0-9A-Za-z]){11,30}))", re.ASCII)
_TAX_NUMBER = re.compile(
    r"(?<![0-9A-Za-z])(?:[A-Z]{2}[A-Z0-9]{2}[0-9]{5}[A-Z0-9]{1,5}|[0-9]{2}-[0-9]{7}|[0-9]{3}-[0-9]{2}-[0-9]{4})"
    r"(?![0-9A-Za-z])",
    re.ASCII | re.IGNORECASE,
)
_SHORTEST_IBAN = 15


def _is_card(text: str) -> bool:
    """Say whether digits are a card's number: its first digit and its check digit (Luhn) are right."""
    digits = [int(character) for character in text if character.isdigit()]
    doubled = [digit * 2 - (_NINE if digit * 2 > _NINE else 0) for digit in digits[-2::-2]]
    return text[0] in _FIRST_OF_CARDS and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _cards(text: str) -> Iterator[tuple[int, int]]:
    """Yield where what may be the number of a card begins and ends, in any order."""
    yield from (match.span() for match in _CARD.finditer(text) if _is_card(match[0]))
    for form in _PRINTED_CARDS:
        yield from (match.span(1) for match in form.finditer(text) if _is_card(match[1]))


def has_card_number(text: str) -> bool:
    """Say whether a text has what may be the number of a card."""
    return any(True for _ in _cards(text))


def without_card_numbers(text: str) -> str:
    """Return a text in which of what may be the number of a card only the last four digits are left."""
    kept, at, last = "", 0, 0
    for start, end in sorted(_cards(text)):
        if last and start >= last:
            kept, at = f"{kept}card ending {text[last - 4 : last]}", last
        if start >= last:
            kept += text[at:start]
        last = max(last, end)
    return f"{kept}card ending {text[last - 4 : last]}{text[last:]}" if last else text


def has_personal_number(text: str) -> bool:
    """Say whether a text has what may be the number of a card, a bank account or a tax payer.

    Whatever stands between groups of letters and digits, and whatever letters stand before or after a number.
    """
    joined = _BETWEEN.sub("-", text)
    if has_card_number(text) or has_card_number(joined) or any(_is_card(match[0]) for match in _DIGITS.finditer(text)):
        return True
    if _TAX_NUMBER.search(text) is not None:
        return True
    return any(iban.is_valid(account, check_country=False) for account in _bank_accounts(joined))


def _bank_accounts(joined: str) -> Iterator[str]:
    """Yield what begins like an IBAN, in every length that it may have: its country says which is right."""
    for match in _BANK_ACCOUNT.finditer(joined):
        characters = match[1].replace("-", "").upper()
        yield from (characters[:length] for length in range(_SHORTEST_IBAN, len(characters) + 1))
