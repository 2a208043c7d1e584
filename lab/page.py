"""The lab's report as one page of HTML with inline SVG; it needs no network."""

from collections.abc import Sequence
from html import escape
from typing import Any

from lab.injectors.registered import CAUSES
from lab.table import clean_text, missed_text
from lab.totals import Result, by_cause, totals

WIDTH, HEIGHT, LABEL = 420, 18, 330
STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #ccc;padding:.2rem .5rem;text-align:left}"
    "td.n,th.n{text-align:right}.miss{background:#fde2e2}"
)


def page(results: dict[str, Any]) -> str:
    """Return the page."""
    leaks = results["leak"]
    parts = [
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Leak lab</title><style>{STYLE}</style>',
        "<h1>Leak lab</h1>",
        _summary("One by one", leaks),
        _summary("Blind", [one for one in leaks if one["is_blind"]]),
        _summary("Mixtures", results["mixture"]),
        f"<p>{escape(clean_text(results['clean']))}</p>" if results["clean"] else "",
        f"<p>{escape(missed_text(leaks))}</p>",
        "<h2>Dollars found, by cause</h2>",
        _bars(leaks),
        "<h2>Every leak</h2>",
        _table([*leaks, *results["mixture"]]),
        "</html>",
    ]
    return "\n".join(parts) + "\n"


def _summary(name: str, results: Sequence[Result]) -> str:
    if not results:
        return ""
    of = totals(results)
    return (
        f"<p><b>{escape(name)}</b>: {of.leaks} leaks of {of.injected:,.2f} dollars; found {of.found_percent} %, before "
        f"release {of.in_time_percent} %, stated in dollars {of.stated:,.2f}, cause right {of.named_percent} %, median "
        f"days {of.days}; totals only find {of.totals_only:,.2f}, no controls nothing.</p>"
    )


def _bars(results: Sequence[Result]) -> str:
    """Draw how much of each cause was found, and before the release."""
    bars = []
    for number, (name, mine) in enumerate(by_cause(results).items()):
        of, y = totals(mine), number * HEIGHT
        whole, early = (float(share or 0) / 100 for share in (of.found_percent, of.in_time_percent))
        bars.append(
            f'<text x="{LABEL - 8}" y="{y + 13}" text-anchor="end" font-size="12">{escape(name)}</text>'
            f'<rect x="{LABEL}" y="{y + 3}" width="{WIDTH}" height="12" fill="#f3d0d0"/>'
            f'<rect x="{LABEL}" y="{y + 3}" width="{WIDTH * whole:.1f}" height="12" fill="#9cc5e8"/>'
            f'<rect x="{LABEL}" y="{y + 3}" width="{WIDTH * early:.1f}" height="12" fill="#2f77b5"/>'
        )
    height = HEIGHT * len(bars)
    text = "Red: missed. Light: found. Dark: held before the release, where that can be."
    return f'<p>{text}</p><svg width="{LABEL + WIDTH}" height="{height}" role="img">{"".join(bars)}</svg>'


def _table(results: Sequence[Result]) -> str:
    head = ("cause", "what leaks", "strength", "injected", "found", "in time", "stated", "cause right", "days", "codes")
    rows = [f"<tr>{''.join(f'<th>{name}</th>' for name in head)}</tr>"]
    for one in results:
        is_missed = one["found"] != one["injected"]
        cells = (
            one["cause"],
            CAUSES[one["cause"]].says,
            one["strength"],
            one["injected"],
            one["found"],
            one["in_time"] or "-",
            one["stated"],
            "yes" if one["is_named"] else "no",
            "-" if one["days"] is None else one["days"],
            ", ".join(one["codes"]),
        )
        cell = "".join(f"<td>{escape(str(value))}</td>" for value in cells)
        rows.append(f"<tr{' class=miss' if is_missed else ''}>{cell}</tr>")
    return f"<table>{''.join(rows)}</table>"
