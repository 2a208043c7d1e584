"""References of ISO 11649: what an invoice prints for payers to send, and which documents a reference may name.

    SKY-US-2013-000001  ->  RF 31 SKYUS2013000001      letters and digits, two check digits by ISO 7064 mod 97-10

Without dashes a number could be of another prefix: reading gives every number that it may be, and the books say which
of them there is.
"""

import re
from collections.abc import Iterable

from billproof.errors import InvalidInput
from billproof.invoicing.series import NUMBER_DIGITS, DocumentNumber

LONGEST_BODY = 21
"""Characters after the check digits (ISO 11649)."""
_REFERENCE = re.compile(r"RF[0-9]{2}[A-Z0-9]{1,21}")
_NOT_IN_REFERENCES = re.compile(r"[^A-Z0-9]")
_YEAR_DIGITS = 4


def payment_reference(number: str) -> str:
    """Return the reference of a document's number; raises InvalidInput where it is too long to have one."""
    body = without_marks(number)
    if not 1 <= len(body) <= LONGEST_BODY:
        message = f"a number of more than {LONGEST_BODY} letters and digits has no reference of ISO 11649"
        raise InvalidInput(message)
    return f"RF{98 - _remainder(f'{body}RF00'):02d}{body}"


def without_marks(text: str) -> str:
    """Return the letters and digits of a text, in capitals."""
    return _NOT_IN_REFERENCES.sub("", text.upper())


def is_reference(text: str) -> bool:
    """Say whether a text is a reference whose check digits are right; blanks do not count."""
    reference = "".join(text.split()).upper()
    return _REFERENCE.fullmatch(reference) is not None and _remainder(f"{reference[4:]}{reference[:4]}") == 1


def numbers_of(reference: str, prefixes: Iterable[str]) -> tuple[str, ...]:
    """Return the numbers that a reference may stand for, of documents whose numbers begin with one of some prefixes.

    It is empty for what is no reference, or another's: payers send those of other systems, too.
    """
    if not is_reference(reference):
        return ()
    return numbers_without_marks("".join(reference.split()).upper()[4:], prefixes)


def numbers_without_marks(body: str, prefixes: Iterable[str]) -> tuple[str, ...]:
    """Return the numbers whose letters and digits these are, in the order of their text."""
    numbers = set()
    for prefix in prefixes:
        start = without_marks(prefix)
        digits = body[len(start) :]
        year, ordinal = digits[:_YEAR_DIGITS], digits[_YEAR_DIGITS:]
        if not body.startswith(start) or not (digits.isascii() and digits.isdigit()) or len(ordinal) < NUMBER_DIGITS:
            continue
        number = DocumentNumber(prefix, int(year), int(ordinal))
        if without_marks(str(number)) == body:  # no more leading zeros than are printed
            numbers.add(str(number))
    return tuple(sorted(numbers))


def _remainder(text: str) -> int:
    """Return a text modulo 97, its letters as two digits each: A is 10, Z is 35."""
    return int("".join(str(int(character, 36)) for character in text)) % 97
