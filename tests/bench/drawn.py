"""What an invoice of two pages takes to draw, beside typst alone over the same texts."""

from itertools import count

from billproof.adapters.typst.drawing import draw
from billproof.adapters.typst.pdf import render_invoice, shown
from billproof.invoicing.model import Invoice
from tests.bench.ratios import Measure, side_by_side
from tests.support.account_documents import in_language
from tests.support.jurisdictions import complete, released_as

LINES, TURN = 28, 10
"""Lines of the invoice, which fill two pages, and invoices of a turn."""
MILLISECONDS_GOAL = 20


def drawn() -> Measure:
    """Draw invoices that differ by their numbers: typst remembers what it drew, so the same one again costs little."""
    whole = in_language(complete("DE"), "de_DE")
    lines = tuple(whole.lines[place % len(whole.lines)] for place in range(LINES))
    invoice = Invoice.model_construct(**{**dict(whole), "lines": lines})
    released, numbers = released_as(invoice), count(1)
    texts = shown(invoice, released)

    def ours() -> None:
        for _ in range(TURN):
            render_invoice(invoice, released.model_copy(update={"number": f"SKY-{next(numbers)}"}))

    def bare() -> None:
        for _ in range(TURN):
            draw(texts | {"number": f"SKY-{next(numbers)}"}, released.issue_date)

    ratio, mine, typst = side_by_side(ours, bare)
    took = round(1000 * mine / TURN, 1)
    return Measure(
        "a two-page invoice as PDF, ms of CPU",
        took,
        f"<= {MILLISECONDS_GOAL}",
        took <= MILLISECONDS_GOAL,
        f"{LINES} lines; {ratio:.2f} times typst alone, which takes {1000 * typst / TURN:.1f} ms",
    )
