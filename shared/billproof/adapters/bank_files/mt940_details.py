"""Field 86 of an MT940: who paid, and what for.

Banks fill it in three ways: by numbers after a sign (`166?00CREDIT?20INVOICE ...`, as German banks do; the text is cut
every 27 or 35 characters), by words between slashes (`/NAME/.../REMI/...`), or as free text.
"""

import re
from dataclasses import dataclass

from billproof.adapters.bank_files.mt940_lines import charges_of, original_of
from billproof.adapters.bank_files.values import creditor_reference, lines_of, money, reference_or_none, with_point
from billproof.money import EXPONENTS, Money

_NUMBERED = re.compile(r"([0-9]{3})([^A-Za-z0-9\s])[0-9]{2}", re.ASCII)
RETURN_CODES = {"108", "109", "159", "181", "184"}
"""Returns of transfers and of direct debits, among the business transaction codes of German banks."""
_TEXT = ("20", "21", "22", "23", "24", "25", "26", "27", "28", "29", "60", "61", "62", "63")
_SUBFIELDS = {"00", "10", *_TEXT, "30", "31", "32", "33", "34"}
_PREFIXES = (
    *("EREF+", "KREF+", "MREF+", "CRED+", "DEBT+", "COAM+", "OAMT+", "SVWZ+"),
    *("ABWA+", "ABWE+", "PURP+", "BREF+", "RREF+", "IBAN+", "BIC+"),
)
# A line ends after 27 or 35 characters, also within a prefix.
_PREFIX = re.compile("|".join("\n?".join(re.escape(letter) for letter in prefix) for prefix in _PREFIXES))
_SEPA_SUM = re.compile(r"([A-Z]{3})?([0-9]{1,15}),([0-9]{0,14})", re.ASCII)
_WORDS = (
    *("TRTP", "EREF", "REMI", "NAME", "IBAN", "BIC", "ORDP", "BENM", "OCMT", "CHGS", "RTRN", "CSID", "MARF", "PREF"),
    *("ADDR", "ULTD", "ULTC", "ULTB", "PURP", "ISDT", "CNTP", "SVCL", "EXCH"),
)
_WORD = re.compile(rf"/({'|'.join(_WORDS)})/", re.ASCII)
_CNTP_ACCOUNT, _CNTP_NAME = 0, 2


@dataclass(frozen=True)
class PaymentDetails:
    """What field 86 says of an entry."""

    name: str | None = None
    account: str | None = None
    structured: str | None = None
    remittance: str = ""
    end_to_end: str | None = None
    charges: Money | None = None
    original: Money | None = None
    is_return: bool = False


def read_details(lines: list[str], code: str, place: str) -> PaymentDetails:
    """Read the lines of field 86 in whichever way the bank fills it. Free text stays as it is, line by line."""
    whole = "".join(lines)  # the ends of lines are of the file there, not of the text
    numbered = _NUMBERED.match(whole)
    if numbered is not None:
        return _numbered(whole, numbered, code, place)
    if _WORD.match(whole):
        return _worded(whole, code, place)
    text = lines_of(lines)
    structured = creditor_reference(text)
    return PaymentDetails(
        structured=structured,
        remittance="" if structured else text,
        charges=charges_of(text, code, place),
        original=original_of(text, place),
    )


def _numbered(whole: str, start: re.Match[str], code: str, place: str) -> PaymentDetails:
    """Read subfields with numbers: 20 to 29 and 60 to 63 are the text, 31 the account, 32 and 33 the name."""
    parts = _subfields(whole[len(start[1]) :], start[2])
    text = lines_of([value for number, value in parts if number in _TEXT])
    prefixed = _prefixed(text)
    remittance = lines_of([prefixed.get("", ""), prefixed.get("SVWZ+", "")])
    structured = creditor_reference(remittance)
    name = "".join(value for number, value in parts if number in {"32", "33"}).strip()
    account = "".join(value for number, value in parts if number == "31").replace(" ", "")
    return PaymentDetails(
        name=name or None,
        account=account or prefixed.get("IBAN+", "").replace("\n", "").replace(" ", "") or None,
        structured=structured,
        remittance="" if structured else remittance,
        end_to_end=reference_or_none(prefixed.get("EREF+", "").replace("\n", "")),
        charges=_sepa_sum(prefixed.get("COAM+", ""), code, place, code),
        original=_sepa_sum(prefixed.get("OAMT+", ""), code, place, None),
        is_return=start[1] in RETURN_CODES,
    )


def _subfields(text: str, sign: str) -> list[tuple[str, str]]:
    """Cut a text into its subfields. The sign may be in the text, too: known numbers that do not fall begin one."""
    parts: list[tuple[str, str]] = []
    for piece in text.split(sign)[1:]:
        number = piece[:2]
        if number in _SUBFIELDS and (not parts or number >= parts[-1][0]):
            parts.append((number, piece[2:]))
        elif parts:
            parts[-1] = (parts[-1][0], f"{parts[-1][1]}{sign}{piece}")
    return parts


def _prefixed(text: str) -> dict[str, str]:
    """Cut a text at the prefixes that SEPA gives it; what stands before them has none."""
    starts = list(_PREFIX.finditer(text))
    ends = [start.start() for start in starts[1:]] + [len(text)]
    parts = {"": text[: starts[0].start()].removesuffix("\n") if starts else text}
    for start, end in zip(starts, ends, strict=bool(starts)):
        prefix = start[0].replace("\n", "")
        parts[prefix] = lines_of([parts.get(prefix, ""), text[start.end() : end].removesuffix("\n")])
    return parts


def _sepa_sum(text: str, code: str, place: str, only: str | None) -> Money | None:
    """Read an amount as SEPA's prefixes write it, with or without a currency; None of another currency than `only`."""
    written = _SEPA_SUM.match(text.replace("\n", ""))
    if written is None:
        return None
    known = written[1] or code
    if known not in EXPONENTS or (only is not None and known != only):
        return None
    amount = money(with_point(written[2], written[3]), known, place)
    return None if amount.is_zero else amount


def _worded(whole: str, code: str, place: str) -> PaymentDetails:
    """Read the words between slashes: each has the text up to the next."""
    starts: list[re.Match[str]] = []
    for start in _WORD.finditer(whole):
        # What the payer writes comes late, and cannot say another name or account than the bank did before.
        if start[1] not in {earlier[1] for earlier in starts}:
            starts.append(start)
    ends = [start.start() for start in starts[1:]] + [len(whole)]
    words = {start[1]: whole[start.end() : end].strip("/ ") for start, end in zip(starts, ends, strict=True)}
    counterparty = words.get("CNTP", "").split("/")
    remittance = words.get("REMI", "").removeprefix("USTD//").removeprefix("STRD/CUR/").removeprefix("STRD/ISO/")
    structured = creditor_reference(remittance)
    return PaymentDetails(
        name=words.get("NAME") or "".join(counterparty[_CNTP_NAME : _CNTP_NAME + 1]) or None,
        account=(words.get("IBAN") or counterparty[_CNTP_ACCOUNT]).replace(" ", "") or None,
        structured=structured,
        remittance="" if structured else remittance,
        end_to_end=reference_or_none(words.get("EREF")),
        charges=charges_of(whole, code, place),
        original=original_of(whole, place),
        is_return="RTRN" in words,
    )
