"""The product's answers, in the form of the reference model's: read from the documents of a life that was played."""

import json
from collections.abc import Iterable
from decimal import Decimal

from tests.reference.bridge import Issued, Player
from tests.reference.bridge_lines import Booked, amounts_of, booked, earned_in_months
from tests.reference.figures import Document
from tests.reference.lines import Slot
from tests.reference.model import Account, Amounts, IssuedDocument, OwedAmounts
from tests.reference.usage import instant

ZERO = Decimal(0)


def play(life: Document, until: str | None = None) -> list[Issued]:
    """Play a life, up to an instant if one is said, and return its documents in their order."""
    player = Player(life)
    player.play(None if until is None else instant(until))
    return player.issued


class Product:
    """The product's answers, in the form of the reference model's; a life is played once for several questions."""

    def __init__(self) -> None:
        self._played: dict[str, list[Issued]] = {}

    def _play(self, life: Document, until: str | None = None) -> list[Issued]:
        key = json.dumps([life, until])
        if key not in self._played:
            self._played[key] = play(life, until)
        return self._played[key]

    def billed(self, life: Document, /) -> list[IssuedDocument]:
        return [IssuedDocument(each.month, each.at, each.note, amounts_of(each.parts)) for each in self._play(life)]

    def left(self, life: Document, at: str | None = None, /) -> dict[Slot, Amounts]:
        return left_of(self._play(life, at))

    def owed(self, life: Document, /) -> dict[Slot, OwedAmounts]:
        return owed_of(self._play(life))

    def earned(self, life: Document, /) -> dict[str, dict[Slot, Decimal]]:
        issued = self._play(life)
        months = [each.month for each in issued if each.note is None]
        return earned_in_months(months, documents_of(issued))

    def statement(self, life: Document, /) -> list[Account]:
        return [Account(each.to_pay, each.balance) for each in self._play(life)]


def documents_of(issued: Iterable[Issued]) -> list[Booked]:
    """Return every document with its parts."""
    return [document for each in issued for document in booked(each.month, each.documents, each.parts)]


def left_of(issued: Iterable[Issued]) -> dict[Slot, Amounts]:
    """Return what is billed of each slot, with differences, less credit notes."""
    return amounts_of(part for each in issued for part in each.parts)


def owed_of(issued: list[Issued]) -> dict[Slot, OwedAmounts]:
    """Return what documents say is owed of each slot: what is left of it, and what was conceded."""
    conceded = amounts_of(part for each in issued if each.note and not each.rebill for part in each.parts)
    found = {}
    for slot, left in left_of(issued).items():
        parts = [part for each in issued for part in each.parts if part.slot == slot]
        given = -conceded[slot].net if slot in conceded else ZERO
        drawn: dict[str, Decimal] = {}
        for part in parts:
            if part.what not in ("gross", "cut"):
                drawn[part.what] = drawn.get(part.what, ZERO) - part.amount
        gross = sum((part.amount for part in parts if part.what == "gross"), ZERO)
        found[slot] = OwedAmounts(gross + given, left.net + given, given, drawn, left.money)
    return found
