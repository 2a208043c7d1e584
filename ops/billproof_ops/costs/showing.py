"""An estimate as a table for people, as JSON, and as a table of Markdown for the documentation."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from rich.table import Table

from billproof_ops import tables
from billproof_ops.costs.estimate import CostShare, Estimate
from billproof_ops.costs.prices import Prices

LEAST_SHOWN = Decimal("0.005")
"""A row below half a cent is added to the last one: a table says where dollars go."""
_CENT, _FINE = Decimal("0.01"), Decimal("0.0001")
LITTLE = "what is less than a cent"


def show(estimate: Estimate, prices: Prices) -> Iterator[Table | str]:
    """Yield the table of an estimate and what it says of a million events and a thousand invoices."""
    title = f"A month in {prices.region}, in {prices.currency}, prices as of {prices.as_of}"
    heads = [share.value.capitalize() for share in CostShare]
    listed = tables.table("", *heads, "Total", title=title, whole=(*heads, "Total"), right=(*heads, "Total"))
    for name, numbers in rows(estimate):
        listed.add_row(name, *numbers)
    yield listed
    yield from summary(estimate)


def summary(estimate: Estimate) -> Iterator[str]:
    """Yield what a million events and a thousand invoices come to."""
    events, invoices = estimate.of_a_million_events, estimate.of_a_thousand_invoices
    if events is not None:
        yield f"a million events: {events.quantize(_FINE)}"
    if invoices is not None:
        yield f"a thousand invoices, with their checks: {invoices.quantize(_FINE)}"


def rows(estimate: Estimate) -> list[tuple[str, list[str]]]:
    """Return the rows of a table, the dearest first, and their total."""
    zero = dict.fromkeys(CostShare, Decimal(0))
    little = dict(zero)
    shown: list[tuple[str, dict[CostShare, Decimal]]] = []
    for name, row in sorted(estimate.rows.items(), key=lambda item: (-sum(item[1].values()), item[0])):
        if sum(row.values()) >= LEAST_SHOWN:
            shown.append((name, zero | row))
        else:
            little = {share: little[share] + row.get(share, Decimal(0)) for share in CostShare}
    if any(little.values()):
        shown.append((LITTLE, little))
    shown.append(("total", {share: estimate.of(share) for share in CostShare}))
    return [(name, [_text(row[share]) for share in CostShare] + [_text(sum(row.values()))]) for name, row in shown]


def markdown(estimate: Estimate) -> str:
    """Return the table as Markdown."""
    heads = ["", *(share.value for share in CostShare), "total"]
    lines = [f"| {' | '.join(heads)} |", f"|---{'|--:' * (len(heads) - 1)}|"]
    lines += [f"| {' | '.join([name, *numbers])} |" for name, numbers in rows(estimate)]
    return "\n".join(lines)


def to_json(estimate: Estimate, prices: Prices) -> dict[str, Any]:
    """Return an estimate as JSON; amounts are text."""
    per_events, per_invoices = estimate.of_a_million_events, estimate.of_a_thousand_invoices
    return {
        "company": estimate.company.model_dump(mode="json"),
        "region": prices.region,
        "currency": prices.currency,
        "prices_as_of": prices.as_of,
        "rows": [
            {"what": name} | {share.value: _fine(row.get(share, Decimal(0))) for share in CostShare}
            for name, row in sorted(estimate.rows.items())
        ],
        "total": _fine(estimate.total),
        "a_million_events": None if per_events is None else _fine(per_events),
        "a_thousand_invoices": None if per_invoices is None else _fine(per_invoices),
    }


def _text(dollars: Decimal | int) -> str:
    return f"{Decimal(dollars).quantize(_CENT):,}"


def _fine(dollars: Decimal) -> str:
    return f"{dollars.quantize(_FINE):f}"
