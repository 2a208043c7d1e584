"""Field 61 of an MT940: the days, the amount and the references of an entry."""

import re
from dataclasses import dataclass
from datetime import date

from billproof.adapters.bank_files.values import money, reference_or_none, refuse, short_day, with_point
from billproof.money import EXPONENTS, Money

_LINE = re.compile(
    r"(?P<value>[0-9]{6})(?P<entry>[0-9]{4})?(?P<mark>R?[CD])[A-Z]?(?P<whole>[0-9]{1,15}),(?P<decimals>[0-9]{0,14})"
    r"(?P<kind>[A-Z][A-Z0-9]{3})(?P<customer>.*?)(?://(?P<bank>.*))?",
    re.ASCII | re.DOTALL,
)
_SUM = r"/([A-Z]{3})([0-9]{1,15}),([0-9]{0,14})"
_ORIGINAL = re.compile(rf"/OCMT{_SUM}", re.ASCII)
_CHARGES = re.compile(rf"/CHGS{_SUM}", re.ASCII)
RETURNED_ITEM = "RTI"


@dataclass(frozen=True)
class MtLine:
    """What field 61 says of an entry; the amount is below zero where money left."""

    value_day: date
    entry_day: date | None
    amount: Money
    is_reversal: bool
    customer_reference: str | None
    bank_reference: str | None
    supplement: str
    original: Money | None
    charges: Money | None


def read_line(lines: list[str], code: str, place: str) -> MtLine:
    """Read field 61: its first line, and the supplementary details below it."""
    written = _LINE.fullmatch(lines[0].strip())
    if written is None:
        refuse("this is no entry: days, C or D, an amount with a comma, a type and references", place)
    amount = money(with_point(written["whole"], written["decimals"]), code, place)
    value_day = short_day(written["value"], place)
    supplement = "\n".join(lines[1:]).strip()
    return MtLine(
        value_day=value_day,
        entry_day=_entry_day(written["entry"], value_day, place) if written["entry"] else None,
        # A credit that is taken back (RC) leaves, and a debit that is taken back (RD) arrives.
        amount=-amount if written["mark"] in {"D", "RC"} else amount,
        is_reversal=written["mark"].startswith("R") or written["kind"][1:] == RETURNED_ITEM,
        customer_reference=reference_or_none(written["customer"]),
        bank_reference=reference_or_none(written["bank"]),
        supplement=_CHARGES.sub("", _ORIGINAL.sub("", supplement)).strip("/\n "),
        original=original_of(supplement, place),
        charges=charges_of(supplement, code, place),
    )


def _entry_day(written: str, value_day: date, place: str) -> date:
    """Return the entry day, which is written without its year: the one that is nearest to the value day."""
    month, day = int(written[:2]), int(written[2:])
    days = []
    for year in (value_day.year - 1, value_day.year, value_day.year + 1):
        try:
            days.append(date(year, month, day))
        except ValueError:  # 29 February, or no day at all
            continue
    if not days:
        refuse("the entry day is no day of the calendar", place)
    return min(days, key=lambda candidate: abs(candidate - value_day))


def original_of(text: str, place: str) -> Money | None:
    """Return the amount that the payer sent, as /OCMT/ says it."""
    written = _ORIGINAL.search(text)
    return money(with_point(written[2], written[3]), written[1], place) if written else None


def charges_of(text: str, code: str, place: str) -> Money | None:
    """Return what banks kept, as one or several /CHGS/ say it, if all of it is in the entry's currency."""
    kept = [
        money(with_point(whole, decimals), charged, place)
        for charged, whole, decimals in _CHARGES.findall(text)
        if charged in EXPONENTS
    ]
    if not kept or any(charge.currency != code for charge in kept):
        return None
    charged = Money.zero(code).plus(kept)
    return None if charged.is_zero else charged
