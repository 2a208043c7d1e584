"""The credit notes of random lives: of whatever is owed of them, be it a fee of a year, a group or a shortfall."""

from datetime import date, timedelta

from hypothesis import strategies as st

from tests.reference.billed import keep_books
from tests.reference.days import add_months, days_between
from tests.reference.figures import Document, in_currency
from tests.reference.life import Life, Owed
from tests.reference.lines import Slot
from tests.reference.lives_charges import Drawn
from tests.reference.terms import DUE_ONCE


def credit_notes(draw: Drawn, months: tuple[date, ...], document: Document) -> list[Document]:
    """Draw credit notes of lines: whole, in part or for some days, once or to be billed again.

    One that names no days of what has several parts does not say of which it is, so those of some days are drawn alone.
    """
    count = draw(st.sampled_from((0, 0, 1, 2, 3)))
    owed = list(keep_books(Life(document)).owed.values()) if count else []
    last = add_months(months[-1], 2) - timedelta(days=1)
    by_days: dict[Slot, bool] = {}
    notes: list[Document] = []
    for number in range(count if owed else 0):
        of = draw(st.sampled_from(owed))
        before = add_months(of.due, 1)
        issued = min(before + timedelta(days=draw(st.integers(5, 60))), last)
        note = {"id": f"note-{number}", "issued": f"{issued}T00:00:00Z", "line": _line(of)}
        amount = draw(st.sampled_from((None, "10.00", "55.55")))
        note["amount"] = amount and in_currency(amount, document["contracts"][0]["terms"]["currency"])
        note["rebill"] = draw(st.booleans())
        wanted = _is_served_by_days(of) and draw(st.booleans())
        if wanted if len(of.lines) == 1 else by_days.setdefault(of.slot, wanted):
            note["days"] = _days(draw, of)
        notes.append(note)
    return notes


def _line(of: Owed) -> Document:
    slot = of.slot
    return {
        "contract": slot.contract,
        "term": slot.term,
        "kind": slot.kind,
        "period": [str(slot.start), str(slot.end)],
        "dimension": dict(slot.dimension),
    }


def _is_served_by_days(of: Owed) -> bool:
    """Say whether it is a fee that is served day by day: no usage, nothing that is due once, no shortfall of a term."""
    last = of.lines[-1]
    return of.slot.kind == "charge" and not last.is_usage and last.charge["price"]["model"] not in DUE_ONCE


def _days(draw: Drawn, of: Owed) -> Document:
    """Draw some days that a part of it covers."""
    start, end = draw(st.sampled_from(of.lines)).covered
    days = days_between(start, end)
    first = draw(st.sampled_from(days))
    return {"start": str(first), "end": str(draw(st.sampled_from(days[days.index(first) :])) + timedelta(days=1))}
