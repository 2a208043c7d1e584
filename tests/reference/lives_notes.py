"""The credit notes of random lives: of charges, of seats above those committed, and of shortfalls of commitments."""

from datetime import date, timedelta

from hypothesis import strategies as st

from tests.reference.days import add_months, day_of
from tests.reference.figures import Document
from tests.reference.lives_charges import Drawn


def credit_notes(draw: Drawn, months: tuple[date, ...], terms: Document) -> list[Document]:
    """Draw credit notes of lines, mostly of calendar months: whole or in part, once or to be billed again."""
    lines = [_line(each["id"], kind, month) for each in terms["charges"] for kind in _kinds(each) for month in months]
    lines += [line for each in terms.get("commitments") or () for line in _shortfalls(each, months)]
    notes: list[Document] = []
    for number in range(draw(st.sampled_from((0, 0, 1, 2))) if lines else 0):
        line = draw(st.sampled_from(lines))
        last = add_months(months[-1], 2) - timedelta(days=1)
        after = day_of(line["period"][1]).replace(day=1)
        issued = min(after + timedelta(days=draw(st.integers(5, 60))), last)
        note = {"id": f"note-{number}", "issued": f"{issued}T00:00:00Z", "line": line}
        note["amount"] = draw(st.sampled_from((None, "10.00", "55.55")))
        note["rebill"] = draw(st.booleans())
        notes.append(note)
    return notes


def _kinds(charge: Document) -> list[str]:
    """Return the kinds of line of a charge by calendar months that a credit note may name."""
    if charge["cadence"] != {"interval": "month"} or charge.get("group_by"):
        return []
    return ["charge", "true_up"] if charge.get("seats_meter") else ["charge"]


def _line(term: str, kind: str, start: date, months: int = 1) -> Document:
    period = [str(start), str(add_months(start, months))]
    return {"contract": "contract", "term": term, "kind": kind, "period": period, "dimension": {}}


def _shortfalls(commitment: Document, months: tuple[date, ...]) -> list[Document]:
    """Return the lines of what a commitment falls short of: of each month, or of each term from its first day on."""
    length = commitment["months"]
    first = day_of(commitment["effective"]["start"])
    begun = [month for month in months if month >= first.replace(day=1)]
    starts = begun if length == 1 else [add_months(first, number) for number in range(0, len(begun), length)]
    return [_line(commitment["id"], "shortfall", start, length) for start in starts]
