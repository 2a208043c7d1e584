"""Numbers of documents in the text of a payment: with blanks and line breaks in them, without dashes, misread, cut off.

SKY-EU-2025-000123    as it is printed
skyeu 2025 000123     as it is typed: dashes and blanks say nothing
SKY-EU-2O25-0OO123    letters that look like digits, and digits that look like letters: corrected
SKY-EU-2025-00012     not six digits: a number that nothing has, or, at the end of the text, one cut off
000124, 2025-000125   shortened: only together with the payer these say which document
CN-2025-000003        a credit note: it pays nothing, and says that something was taken off
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from billproof.errors import NotFound
from billproof.invoicing.series import NUMBER_DIGITS, DocumentNumber
from billproof.payments.matching.numbers_before import numbers_before
from billproof.payments.matching.wording import CREDIT_NOTES, INVOICES, is_of_something_else, plain
from billproof.payments.references import LONGEST_BODY, is_reference, numbers_of, without_marks

_LOOKS_LIKE = {"0": "0OQ", "O": "O0Q", "1": "1IL", "I": "I1L", "5": "5S", "S": "S5", "8": "8B", "B": "B8"}
_DIGITS = "0-9OQILSB"
_TO_DIGITS = str.maketrans("OQILSB", "001158")
_PLAIN_LETTERS = str.maketrans("\u0130\u0131\u017f\u212a", "IISK")
"""What regular expressions that ignore case take for I, S and K, and capitals do not."""
_MARKS = r"[\s\-\u2010-\u2015_./:]{0,4}"
_BLANK = r"\s{0,2}"
_SHORTENED = re.compile(
    r"(?<![0-9A-Za-z])(?:(20[0-9]{2})[-/. ]?)?"
    r"([0-9]{6}|[0-9]{1,5}\s{1,2}[0-9]{1,5})(?![0-9A-Za-z]|[.,][0-9])"
)
_WITHOUT_NOUGHTS = re.compile(r"(?:(20[0-9]{2})[-/])?\b([0-9]{1,5})\b")
_STRUCTURED = re.compile(r"R\s?F(?:\s?[0-9]){2}(?:\s{0,2}[A-Z0-9]){5,40}", re.IGNORECASE)
_SHORTEST_PREFIX = 4
"""A prefix of fewer letters and digits is one only where no letter or digit comes before it."""


@dataclass(frozen=True, slots=True)
class Shortened:
    """The digits of a number without what it begins with; the year may be missing, too."""

    year: int | None
    digits: str

    def may_be(self, number: str) -> bool:
        """Say whether a document's number ends so."""
        try:
            whole = DocumentNumber.parse(number)
        except NotFound:  # of another system
            return False
        return self.year in {None, whole.year} and int(self.digits) == whole.ordinal


@dataclass(slots=True)
class ReadNumbers:
    """What a text names: numbers as they stand there, corrected ones, and what is no number as a whole."""

    referenced: list[str] = field(default_factory=list)
    """Numbers that a structured reference in the text may stand for."""
    clean: list[str] = field(default_factory=list)
    corrected: list[str] = field(default_factory=list)
    before: list[str] = field(default_factory=list)
    """Numbers of invoices that were taken over, as they were printed, but for blanks and dashes."""
    broken: list[str] = field(default_factory=list)
    """Letters and digits of what begins as a number and has too few or too many digits."""
    cut_off: list[str] = field(default_factory=list)
    """Letters and digits of what begins as a number where the text ends."""
    shortened: list[Shortened] = field(default_factory=list)
    rest: str = ""
    """The text without what is a number as a whole."""


def read_numbers(text: str, prefixes: tuple[str, ...], before: Iterable[str] = ()) -> ReadNumbers:
    """Read the numbers of documents in a text, which begin with one of some prefixes, or are of another system."""
    text = plain(text.translate(_PLAIN_LETTERS))
    named, unclear = numbers_before(text, before)
    numbers = ReadNumbers(before=named, broken=unclear)
    rest = _without_references(text, prefixes, numbers)
    rest = _masked(rest, [_read_one(rest, match, prefix, numbers) for match, prefix in _beginnings(rest, prefixes)])
    notes = list(CREDIT_NOTES.finditer(rest))
    numbers.broken += [without_marks(note[0]) for note in notes]
    rest = _masked(rest, [note.span() for note in notes])
    numbers.rest = rest
    for short in _SHORTENED.finditer(rest):
        digits = "".join(short[2].split())
        if len(digits) == NUMBER_DIGITS and not is_of_something_else(rest[: short.start()]):
            numbers.shortened.append(Shortened(int(short[1]) if short[1] else None, digits))
    for listed in INVOICES.finditer(rest):
        shorts = _WITHOUT_NOUGHTS.finditer(listed[1])
        numbers.shortened += [Shortened(int(short[1]) if short[1] else None, short[2]) for short in shorts]
    return numbers


def _masked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Put signs that are no part of a number in place of what was read."""
    for start, end in spans:
        text = f"{text[:start]}{'~' * (end - start)}{text[end:]}"
    return text


def _without_references(text: str, prefixes: tuple[str, ...], numbers: ReadNumbers) -> str:
    """Take out structured references that name documents: of what follows RF, as much as has right check digits."""
    for match in _STRUCTURED.finditer(text):
        letters = "".join(match[0].split()).upper()
        for length in range(min(len(letters), LONGEST_BODY + 4), 4, -1):
            meant = numbers_of(letters[:length], prefixes) if is_reference(letters[:length]) else ()
            if meant:
                numbers.referenced += meant
                end = _place_after(text, match.start(), length)
                text = _masked(text, [(match.start(), end)])
                break
    return text


def _place_after(text: str, start: int, letters: int) -> int:
    """Return the place after so many characters that are no blanks."""
    at = start
    while letters:
        letters -= not text[at].isspace()
        at += 1
    return at


def _beginnings(text: str, prefixes: tuple[str, ...]) -> list[tuple[re.Match[str], str]]:
    """Return where a prefix and a year stand, or what is left of them at the end; the longer prefix where two do."""
    matches: dict[int, tuple[re.Match[str], str]] = {}
    for prefix in sorted(prefixes, key=lambda prefix: (-len(prefix), prefix)):
        for match in _pattern(prefix).finditer(text):
            if not any(taken.start() < match.end() and match.start() < taken.end() for taken, _ in matches.values()):
                matches[match.start()] = (match, prefix)
    return [matches[start] for start in sorted(matches)]


@lru_cache(maxsize=64)
def _pattern(prefix: str) -> re.Pattern[str]:
    """Return the pattern of a prefix and a year, with what people and machines make of them."""
    parts = [_MARKS if letter == "-" else f"[{_LOOKS_LIKE.get(letter, letter)}]" for letter in prefix]
    start = "(?<![A-Za-z0-9])" if len(without_marks(prefix)) < _SHORTEST_PREFIX else ""
    digit = f"[{_DIGITS}]"
    year = rf"2{_BLANK}[0OQ]{_BLANK}{digit}{_BLANK}{digit}"
    end = rf"(?:2?{_BLANK}[0OQ]?{_BLANK}{digit}?)\Z"
    return re.compile(rf"{start}({_BLANK.join(parts)})(?:{_MARKS}({year})|{_MARKS}{end})", re.IGNORECASE)


_ORDINAL = re.compile(rf"{_MARKS}([{_DIGITS}]+)", re.IGNORECASE)
_MORE = re.compile(rf"\s{{1,2}}([{_DIGITS}]+)(?![A-Za-z0-9])", re.IGNORECASE)


def _read_one(text: str, match: re.Match[str], prefix: str, numbers: ReadNumbers) -> tuple[int, int]:
    """Read one number on from its prefix and year; returns the span of it."""
    start = without_marks(prefix)
    if match[2] is None:
        numbers.cut_off.append(without_marks(match[0]))
        return match.span()
    ordinal = _ORDINAL.match(text, match.end())
    typed = ordinal[1].upper() if ordinal else ""
    end = ordinal.end() if ordinal else match.end()
    is_whole_line = True
    if len(typed) < NUMBER_DIGITS and (more := _MORE.match(text, end)):
        if len(typed) + len(more[1]) == NUMBER_DIGITS:
            typed, end, is_whole_line = typed + more[1].upper(), more.end(), False
    elif len(typed) > NUMBER_DIGITS and not typed.isdigit():  # letters of a word that follows
        typed, end = typed[:NUMBER_DIGITS], end - len(typed) + NUMBER_DIGITS
    year = without_marks(match[2])
    letters = f"{without_marks(match[1])}{year}{typed}"
    digits = f"{year}{typed}".translate(_TO_DIGITS)
    if len(typed) < NUMBER_DIGITS or (len(typed) > NUMBER_DIGITS and typed.startswith("0")):
        is_cut = len(typed) < NUMBER_DIGITS and not text[end:].strip()
        (numbers.cut_off if is_cut else numbers.broken).append(f"{start}{digits}")
        return match.start(), end
    number = str(DocumentNumber(prefix, int(digits[:4]), int(digits[4:])))
    is_clean = letters == f"{start}{digits}" and is_whole_line
    (numbers.clean if is_clean else numbers.corrected).append(number)
    return match.start(), end
