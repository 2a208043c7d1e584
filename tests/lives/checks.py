"""What must hold of a life that the product plays: each check returns what is right and what was got, by name."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import NamedTuple

from billproof.invoicing.model import Invoice
from billproof.pricing.quoting import quote
from tests.lives.drawing import billed, priced_at_once, without_notes
from tests.lives.price_requests import price_request
from tests.reference import model
from tests.reference.bridge import Issued, NotAnsweredError, Player
from tests.reference.bridge_answers import documents_of, left_of
from tests.reference.bridge_lines import amounts_of, earned_for_ever, earned_in_months
from tests.reference.bridge_tables import named
from tests.reference.figures import Document
from tests.reference.lines import Slot
from tests.reference.model import Amounts

ZERO = Decimal(0)
REFUSED = "refused"


class Checked(NamedTuple):
    """A check of a life: what is right and what was got are the same where it holds."""

    name: str
    right: dict[str, object]
    got: dict[str, object]

    @property
    def holds(self) -> bool:
        return self.right == self.got


def played(life: Document, *, previews: bool = False) -> list[Issued]:
    """Play a life; raises NotAnsweredError where the product refuses or holds what the reference model bills."""
    player = Player(life, previews=previews)
    player.play()
    return player.issued


def refused(error: NotAnsweredError) -> Checked:
    return Checked(REFUSED, {}, {"what is billed": str(error)})


def by_slot(amounts: dict[Slot, Amounts]) -> dict[str, object]:
    return {
        named(slot): f"{each.net:.2f}, of it drawn {each.drawn:.2f}"
        for slot, each in amounts.items()
        if each.net or each.drawn
    }


def left_at_the_end(life: Document, issued: list[Issued]) -> Checked:
    """What is billed in the end is what is owed after concessions."""
    owed = {
        slot: Amounts(each.net - each.conceded, each.net - each.conceded - each.payable, each.payable)
        for slot, each in model.owed(life).items()
    }
    return Checked("left at the end", by_slot(owed), by_slot(left_of(issued)))


def by_document(life: Document, issued: list[Issued]) -> Checked:
    """Every invoice bills, and every credit note gives back, what is right."""
    right = [(each.note or each.month, each.amounts) for each in model.billed(life)]
    got = [(each.note or each.month, amounts_of(each.parts)) for each in issued]
    return Checked("by document", _by_document(right), _by_document(got))


def _by_document(documents: Iterable[tuple[str, dict[Slot, Amounts]]]) -> dict[str, object]:
    return {
        f"document {number} ({name}), {slot}": amount
        for number, (name, amounts) in enumerate(documents, start=1)
        for slot, amount in by_slot(amounts).items()
    }


def nothing_below_zero(life: Document, issued: list[Issued]) -> Checked:
    """Nothing is left below zero, nor, after a run of the latest month so far, above what is owed and was approved."""
    got: dict[str, object] = {}
    latest = ""
    for number, document in enumerate(issued, start=1):
        owed = model.owed(life, document.at.isoformat())
        approved = amounts_of(part for each in issued[:number] if each.note for part in each.parts)
        for slot, left in left_of(issued[:number]).items():
            most = (owed[slot].net if slot in owed else ZERO) + (-approved[slot].net if slot in approved else ZERO)
            name = f"left of {named(slot)} after document {number}"
            if not (left.net >= 0 and left.drawn >= 0 and left.money >= 0):
                got[name] = left
            elif document.note is None and document.month >= latest and left.net > most:
                got[name] = f"{left.net}, at most {most}"
        latest = max(latest, document.month if document.note is None else "")
    return Checked("below zero", {}, got)


def earned(issued: list[Issued]) -> dict[str, dict[Slot, Decimal]]:
    months = [each.month for each in issued if each.note is None]
    return earned_in_months(months, documents_of(issued))


def earned_by_month(life: Document, issued: list[Issued]) -> Checked:
    """Each month earns what is right."""
    return Checked("earned by month", _by_month(model.earned(life)), _by_month(earned(issued)))


def _by_month(months: dict[str, dict[Slot, Decimal]]) -> dict[str, object]:
    return {
        f"{month} earns of {named(slot)}": f"{amount:.3f}"
        for month, slots in months.items()
        for slot, amount in slots.items()
    }


def earned_to_date(life: Document, issued: list[Issued]) -> Checked:
    """What is earned to date is never below zero, never above what is owed, and in the end equals it."""
    right: dict[str, object] = {}
    got: dict[str, object] = {}
    to_date: dict[Slot, Decimal] = {}
    for month, slots in earned(issued).items():
        for slot, amount in slots.items():
            to_date[slot] = to_date.get(slot, ZERO) + amount
        below = {slot: amount for slot, amount in to_date.items() if amount < ZERO}
        got |= {f"{named(slot)} by {month}": amount for slot, amount in below.items()}
    over = max(run["month"] for run in life["runs"])
    for slot, each in model.owed(life).items():
        owed, amount = each.net - each.conceded, to_date.get(slot, ZERO)
        if f"{slot.end:%Y-%m}" <= over:
            right[named(slot)], got[named(slot)] = owed, amount
        elif amount > owed:
            got[named(slot)] = f"{amount}, at most {owed}"
    return Checked("earned to date", right, got)


def previews(issued: list[Issued]) -> Checked:
    """A preview is the invoice; the life is played with previews."""
    right: dict[str, object] = {}
    got: dict[str, object] = {}
    for each in issued:
        for document in each.documents if each.note is None else ():
            previewed = each.previewed.get(document.buyer.id)
            right |= _amounts_by_line(each.month, document)
            got |= {} if previewed is None else _amounts_by_line(each.month, previewed)
    return Checked("preview", right, got)


def _amounts_by_line(month: str, document: Invoice) -> dict[str, object]:
    return {
        f"{month} {line.priced.explanation.contract}/{line.priced.id}": str(line.amounts) for line in document.lines
    }


def full_credit(life: Document, *, newest_first: bool = False) -> Checked:
    """An invoice and its full credit note are zero in money, tax, credits and revenue; the account's state taxes."""
    player = Player(without_notes(life), state="NY", recognizes=True)
    player.play()
    player.credit_everything(newest_first=newest_first)
    documents = [document for each in player.issued for document in each.documents]
    parts = [part for each in player.issued for part in each.parts]
    got: dict[str, object] = {
        "net": sum((each.totals.net.amount for each in documents), ZERO),
        "tax": sum((each.totals.tax.amount for each in documents), ZERO),
        "earned": sum((earned_for_ever(each) for each in documents_of(player.issued)), ZERO),
        "revenue in the ledger": player.booked_revenue(),
        **by_slot(amounts_of(parts)),
    }
    name = f"full credit, the {'newest' if newest_first else 'oldest'} first"
    return Checked(name, {"net": ZERO, "tax": ZERO, "earned": ZERO, "revenue in the ledger": ZERO}, got)


def advance_and_arrears(life: Document) -> Checked:
    """In advance and in arrears come to the same: in money, too, where no credit is for some days or fees only.

    Which of those a credit has paid when the next fee is billed, and which fee an amount comes off, depends on what
    other invoices bill.
    """
    credits_of_all = [term for each in life["contracts"] for term in each["terms"].get("credits") or ()]
    starts = {term["effective"]["start"] for term in credits_of_all}
    by_money = len(starts) <= 1 and not any(term["effective"]["end"] or term["charges"] for term in credits_of_all)
    totals = [
        sum((each.money if by_money else each.net for each in left_of(played(billed(life, timing))).values()), ZERO)
        for timing in ("in_advance", "in_arrears")
    ]
    return Checked("advance and arrears", {"total": totals[0]}, {"total": totals[1]})


def priced(life: Document) -> Iterator[Checked]:
    """A price request of the first month comes to its invoice."""
    first = priced_at_once(life)
    if first is None:
        return
    (issued,) = played(first)
    lines = [line.priced for document in issued.documents for line in document.lines]
    amount = quote(price_request(first, lines)).amount.amount
    yield Checked("price request", {"price": sum((line.net.amount for line in lines), ZERO)}, {"price": amount})
