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
_GROUPS = re.compile(r"(?<![0-9A-Za-z])[0-9]{4}(?:[^0-9A-Za-z][0-9]{4}){3}(?![0-9A-Za-z])", re.ASCII)
"""Four groups of four digits, whatever is between them."""
_BANK_ACCOUNT = re.compile(
    r"(?<![0-9A-Za-z])[A-Za-z]{2}[0-9]{2}(?:[^0-9A-Za-z]?[0-9A-Za-z]){11,30}(?![0-9A-Za-z])", re.ASCII
)
_TAX_NUMBER = re.compile(
    r"(?<![0-9A-Za-z])(?:[A-Z]{2}[A-Z0-9]{2}[0-9]{5}[A-Z0-9]{1,5}|[0-9]{2}-[0-9]{7}|[0-9]{3}-[0-9]{2}-[0-9]{4})"
    r"(?![0-9A-Za-z])",
    re.ASCII | re.IGNORECASE,
)
_SHORTEST_IBAN = 15


def _is_card(match: re.Match[str]) -> bool:
    """Say whether digits are a card's number: its first digit and its check digit (Luhn) are right."""
    digits = [int(character) for character in match[0] if character.isdigit()]
    doubled = [digit * 2 - (_NINE if digit * 2 > _NINE else 0) for digit in digits[-2::-2]]
    return match[0][0] in _FIRST_OF_CARDS and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def has_card_number(text: str) -> bool:
    """Say whether a text has what may be the number of a card."""
    return any(map(_is_card, _CARD.finditer(text)))


def without_card_numbers(text: str) -> str:
    """Return a text in which of what may be the number of a card only the last four digits are left."""
    return _CARD.sub(lambda match: f"card ending {match[0][-4:]}" if _is_card(match) else match[0], text)


def has_personal_number(text: str) -> bool:
    """Say whether a text has what may be the number of a card, a bank account or a tax payer."""
    is_card = has_card_number(text) or any(map(_is_card, _GROUPS.finditer(text)))
    if is_card or _TAX_NUMBER.search(text) is not None:
        return True
    return any(iban.is_valid(account, check_country=False) for account in _bank_accounts(text))


def _bank_accounts(text: str) -> Iterator[str]:
    """Yield what begins like an IBAN, in every length that it may have: its country says which is right."""
    for match in _BANK_ACCOUNT.finditer(text):
        characters = "".join(filter(str.isalnum, match[0])).upper()
        yield from (characters[:length] for length in range(_SHORTEST_IBAN, len(characters) + 1))
