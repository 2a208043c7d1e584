"""Prepaid credits: which lines draw which credit, month by month, and where the rest of one goes when it expires."""

from datetime import date

from tests.reference.days import day_of, days_between, month_of, month_start
from tests.reference.figures import Document, number
from tests.reference.lines import Line, Slot, Writer
from tests.reference.terms import Contract

Draws = dict[str, int]
FAR = "9999-12-31"


def draw(contract: Contract, writer: Writer, slots: dict[Slot, list[Line]], owed: dict[Slot, int]) -> dict[Slot, Draws]:
    """Draw credits for what is owed after concessions: by priority, expiry and id, over the lines in order.

    A slot draws in the month in which its days begin, a shortfall in the month in which its term ends.
    """
    stated = {credit["id"]: credit for version in contract.versions for credit in version.get("credits") or ()}
    left = {name: writer.minor(number(credit["amount"])) for name, credit in stated.items()}
    by_month: dict[date, list[Slot]] = {}
    for slot, lines in slots.items():
        begins = max(line.due for line in lines) if slot.kind == "shortfall" else month_start(_first_day(lines))
        by_month.setdefault(begins, []).append(slot)
    drawn: dict[Slot, Draws] = {}
    rolled: set[str] = set()
    for month in sorted(by_month) if stated else ():
        _roll_over(stated, left, rolled, month)
        for credit in _held(contract, stated, month):
            for slot in by_month[month]:
                if not _pays(credit, slot, slots[slot][0]):
                    continue
                already = sum(drawn.get(slot, {}).values())
                amount = min(left[credit["id"]], owed[slot] - already)
                if amount > 0:
                    left[credit["id"]] -= amount
                    drawn.setdefault(slot, {})[credit["id"]] = amount
    return drawn


def _first_day(lines: list[Line]) -> date:
    return min(line.covered[0] for line in lines)


def _roll_over(stated: dict[str, Document], left: Draws, rolled: set[str], month: date) -> None:
    for name, credit in sorted(stated.items(), key=lambda item: item[1]["effective"].get("end") or FAR):
        end, target = credit["effective"].get("end"), credit.get("rolls_over_to")
        if name not in rolled and target is not None and end is not None and day_of(end) <= month:
            left[target] += left[name]
            left[name] = 0
            rolled.add(name)


def _held(contract: Contract, stated: dict[str, Document], month: date) -> list[Document]:
    """Return the credits that hold on a day of a month, in the order in which they are drawn."""
    names: set[str] = set()
    for day in days_between(*month_of(month)):
        if contract.in_force(day):
            names |= {credit["id"] for credit in contract.listed("credits", day, month_of(month))}
    held = [stated[name] for name in names]
    return sorted(held, key=lambda each: (each.get("priority", 100), each["effective"].get("end") or FAR, each["id"]))


def _pays(credit: Document, slot: Slot, line: Line) -> bool:
    """Say whether a credit is for a slot: one that names charges pays shortfalls of those charges alone."""
    charges = credit.get("charges") or ()
    if slot.kind != "shortfall":
        return not charges or slot.term in charges
    if not credit.get("shortfalls", True):
        return False
    return not charges or set(line.charge["charges"]) <= set(charges)
