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

    A slot draws what holds in the month in which its days begin, a shortfall in the month in which its term ends. The
    slots of the month's invoice come before those of the next one's; on an invoice, those that draw in an earlier month
    come first.
    """
    stated = _stated(contract)
    accounts = Balances(writer, stated)
    by_invoice: dict[date, list[tuple[date, Slot]]] = {}
    for slot, lines in slots.items() if stated else ():
        invoice = max(line.due for line in lines)
        begins = invoice if slot.kind == "shortfall" else month_start(_first_day(lines))
        by_invoice.setdefault(invoice, []).append((begins, slot))
    drawn: dict[Slot, Draws] = {}
    for _, on_invoice in sorted(by_invoice.items()):
        in_order = sorted(on_invoice, key=lambda pair: pair[0])
        held = {begins: _held(contract, begins) for begins, _ in in_order}
        said = {what: credit for statements in held.values() for what, credit in statements.items()}
        for what, credit in sorted(said.items(), key=lambda pair: _precedence(pair[1])):
            for begins, slot in in_order:
                if what not in held[begins] or not _pays(credit, slot, slots[slot][0]):
                    continue
                mine = drawn.setdefault(slot, {})
                amount = min(accounts.left(credit, begins), owed[slot] - sum(mine.values()))
                if amount > 0:
                    accounts.draw(credit["id"], amount)
                    mine[credit["id"]] = mine.get(credit["id"], 0) + amount
    return drawn


class Balances:
    """What is left of credits, as a month states them, of which an expired one may roll over to a later one."""

    def __init__(self, writer: Writer, stated: dict[str, Document]) -> None:
        self._stated = stated
        self._writer = writer
        self._drawn: Draws = {}

    def draw(self, name: str, amount: int) -> None:
        self._drawn[name] = self._drawn.get(name, 0) + amount

    def left(self, credit: Document, day: date) -> int:
        """Return what is left on a day: of one that rolled over, not what was drawn of it under the later name."""
        left = self._with_expired(credit, day)
        later = self._stated.get(self._stated[credit["id"]].get("rolls_over_to") or "")
        if later is not None:
            left = min(left, self._with_expired(later, day_of(later["effective"]["start"])))
        return max(left, 0)

    def _with_expired(self, credit: Document, day: date) -> int:
        expired = [
            other
            for other in self._stated.values()
            if other.get("rolls_over_to") == credit["id"] and day_of(other["effective"].get("end") or FAR) <= day
        ]
        own = self._writer.minor(number(credit["amount"])) - self._drawn.get(credit["id"], 0)
        return own + sum(max(self._with_expired(other, day), 0) for other in expired)


def _stated(contract: Contract) -> dict[str, Document]:
    """Return each credit as the version says that governs the last of its days; else as the first that states it."""
    stated: dict[str, Document] = {}
    for begins in sorted({version["effective"]["start"] for version in contract.versions}):
        for credit in (contract.governing(day_of(begins)) or {}).get("credits") or ():
            if begins < (credit["effective"].get("end") or FAR):
                stated[credit["id"]] = credit
            stated.setdefault(credit["id"], credit)
    return stated


def _first_day(lines: list[Line]) -> date:
    return min(line.covered[0] for line in lines)


def _held(contract: Contract, month: date) -> dict[str, Document]:
    """Return the credits that hold on a day of a month, each as all versions state it that govern one of its days."""
    held: dict[str, Document] = {}
    for day in days_between(*month_of(month)):
        if contract.in_force(day):
            held |= {contract.what(credit): credit for credit in contract.listed("credits", day)}
    return held


def _precedence(credit: Document) -> tuple[int, str, str]:
    return credit.get("priority", 100), credit["effective"].get("end") or FAR, credit["id"]


def _pays(credit: Document, slot: Slot, line: Line) -> bool:
    """Say whether a credit is for a slot: one that names charges pays shortfalls of those charges alone."""
    charges = credit.get("charges") or ()
    if slot.kind != "shortfall":
        return not charges or slot.term in charges
    if not credit.get("shortfalls", True):
        return False
    return not charges or set(line.charge["charges"]) <= set(charges)
