"""What a statement of usage shows: of each meter a chart of what was billed month by month, and the same as a table."""

from collections.abc import Iterator
from typing import Any

from billproof.adapters.typst.drawing import Part, row, table
from billproof.adapters.typst.texts import Writer
from billproof.receivables.account_documents import UsageDocument
from billproof.receivables.billed_usage import BilledMeter

WIDEST = 1_000
"""The length of the longest bar of a chart: others are parts of it."""


def usage_shown(document: UsageDocument, writer: Writer) -> dict[str, Any]:
    """Return what a statement of usage shows beside its letterhead, as text in the customer's language."""
    parts = [part for meter in document.meters for part in _of_meter(meter, writer)]
    return {
        "title": writer.text("title_usage"),
        "number": writer.month(document.month),
        "facts": [
            [writer.text("date"), writer.day(document.parties.day)],
            [writer.text("account"), document.parties.buyer.id],
        ],
        "parts": parts or [{"kind": "paragraph", "text": writer.text("nothing_used")}],
    }


def _of_meter(meter: BilledMeter, writer: Writer) -> Iterator[Part]:
    most = max(month.quantity for month in meter.months)
    yield {"kind": "heading", "text": f"{meter.description} ({meter.unit})" if meter.unit else meter.description}
    yield {
        "kind": "bars",
        "bars": [
            {
                "name": writer.month(month.month),
                "share": max(0, int(month.quantity * WIDEST / most)) if most > 0 else 0,
                "value": writer.number(month.quantity),
            }
            for month in meter.months
        ],
    }
    rows = [
        row(writer.month(month.month), writer.number(month.quantity), writer.money(month.net)) for month in meter.months
    ]
    yield table([writer.text(name) for name in ("month", "billed_part", "net")], rows)
