"""Numbers of another system in the text of a payment: they have any form, so another word may look like one.

R-871         as it is printed, or without its dashes, or with blanks in their place
2025-1-15     is not 2025-11-5, which has the same letters and digits: only as it is printed it is known which one
R-871 1       may be R-871, or R-8711 over two lines: where both were taken over, people decide
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from rapidfuzz.distance import OSA

from billproof.payments.references import without_marks

_WORD = re.compile(r"[A-Za-z0-9]+")
_MOST_WORDS = 8
"""Words that may be one number of another system."""
_SHORTEST = 4
"""Letters and digits of the shortest number that is read, which has to have both."""
_LONGEST_DIGITS = 8
"""Digits that a post code, a day, or the number of a customer may have: alone they are no evidence."""


class NumbersBefore(NamedTuple):
    """The numbers that a text names, and the letters and digits of what may be one of several."""

    named: list[str]
    unclear: list[str]


def numbers_before(text: str, numbers: Iterable[str]) -> NumbersBefore:
    """Find numbers of another system by their letters and digits: of several at one place the longest, if it is clear.

    It is clear where one number alone has them, and no shorter one begins there; or where it stands as it is printed.
    """
    known: dict[str, list[str]] = {}
    for number in numbers:
        known.setdefault(without_marks(number), []).append(number)
    words = list(_WORD.finditer(text)) if known else []
    read = NumbersBefore([], [])
    at = 0
    while at < len(words):
        readings = list(_readings(text, words[at : at + _MOST_WORDS], known))
        if readings:
            printed, letters = readings[-1]
            possible = list(dict.fromkeys(number for _, one in readings for number in known[one]))
            exact = [number for number in known[letters] if number.upper() == printed.upper()]
            if len(exact) == 1 or len(possible) == 1:
                read.named.append((exact or possible)[0])
            else:
                read.unclear.append(letters)
            at += len(_WORD.findall(printed))
        else:
            at += 1
    return read


def _readings(text: str, words: list[re.Match[str]], known: dict[str, list[str]]) -> Iterator[tuple[str, str]]:
    """Yield what may be a number from the first word on, as it stands there and by its letters, the shortest first."""
    letters = ""
    for word in words:
        letters += word[0].upper()
        if letters in known and _is_sure(letters):
            yield text[words[0].start() : word.end()], letters


def _is_sure(letters: str) -> bool:
    """Say whether it is no year or amount: long enough, or of letters and digits."""
    has_both = not letters.isdigit() and any(letter.isdigit() for letter in letters)
    return len(letters) > _SHORTEST or (has_both and len(letters) == _SHORTEST)


def near_numbers(number: str, numbers: Iterable[str]) -> list[str]:
    """Return the numbers of another system that one stroke makes of one of them; none where it is none of them."""
    others = list(numbers)
    if number not in others:
        return []
    letters = without_marks(number)
    return [other for other in others if OSA.distance(letters, without_marks(other), score_cutoff=1) == 1]


def may_be_no_number(number: str) -> bool:
    """Say whether a number is of so few digits alone that it may as well say something else."""
    letters = without_marks(number)
    return letters.isdigit() and len(letters) <= _LONGEST_DIGITS
