"""The credit notes of a life, as requests to billproof: of each line of each invoice that billed what a note names."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from tests.reference.bridge_lines import Part
from tests.reference.days import day_of
from tests.reference.figures import Document

ZERO = Decimal(0)


def bills_of(parts: Iterable[Part], note: Document) -> list[list[Part]]:
    """Return what a slot was billed, by invoice and line; for days those lines only that cover them."""
    bills: dict[tuple[str, str], list[Part]] = {}
    for part in parts:
        bills.setdefault((part.invoice, part.base), []).append(part)
    return [bill for bill in bills.values() if _covers(bill, note.get("days"))]


def _covers(bill: Iterable[Part], days: Document | None) -> bool:
    if days is None:
        return True
    start, end = day_of(days["start"]), day_of(days["end"])
    covered = [part.source.priced.covered for part in bill if part.what == "gross"]
    return any(each.start <= start and end <= each.end for each in covered)


def requests_of(note: Document, bill: list[Part], rest: Decimal) -> Iterator[dict[str, Any]]:
    """Yield what is asked for of a line: the amount, and for days that may come to less, all that is left of them."""
    amount = min(rest, sum((part.net for part in bill), ZERO))
    if amount <= 0:
        return
    contract, terms = bill[0].slot.contract, {"rebill": bool(note.get("rebill"))}
    named = [{"line": line, "contract": contract, "amount": str(left)} for line, left in _up_to(amount, bill)]
    if not note.get("days"):
        yield {**terms, "lines": named}
        return
    terms["days"] = note["days"]
    if note.get("amount") is not None and len(named) == 1:
        yield {**terms, "lines": named}
    yield {**terms, "lines": [{"line": named[0]["line"], "contract": contract}]}


def is_by_days(note: Document, refusal: str) -> bool:
    """Say whether a credit note for some days is refused because less, or nothing, is left of them."""
    return bool(note.get("days")) and ("that are left of line" in refusal or "nothing is left" in refusal)


def _up_to(amount: Decimal, parts: Iterable[Part]) -> Iterator[tuple[str, Decimal]]:
    """Yield the lines that a credit note names, with what of each: the fee, then what other terms add to it."""
    left: dict[str, Decimal] = {}
    for part in sorted(parts, key=lambda part: part.what != "gross"):
        line = part.line.removeprefix("credit:")
        left[line] = left.get(line, ZERO) + part.net
    for line, net in left.items():
        of_line = min(amount, net)
        if of_line > 0:
            yield line, of_line
            amount -= of_line
