"""build/demo/report.html: the demo as one self-contained page."""

from decimal import Decimal
from importlib import resources
from typing import Any

from babel.numbers import format_currency
from jinja2 import Environment, StrictUndefined

from billproof_ops.demo.summary import InvoiceSummary, Summary

BAR_WIDTH = 460


def render_report(summary: Summary, timings: dict[str, float]) -> str:
    """Return the page. Every amount on it is already rounded; bars are drawn to scale."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["money"] = lambda amount, currency: format_currency(
        Decimal(amount), currency, locale="en_US", decimal_quantization=False
    )
    environment.filters["number"] = lambda text: f"{Decimal(text):,f}" if Decimal(text) else "0"
    environment.filters["count"] = lambda number: f"{number:,}"
    source = resources.files("billproof_ops.demo").joinpath("report.html.j2").read_text(encoding="utf-8")
    events = _added_up(summary)
    return environment.from_string(source).render(
        summary=summary,
        events=events,
        parts=_parts(events),
        accounts=_accounts(summary.invoices),
        currencies=list(summary.totals),
        timings=_bars([(name, Decimal(str(round(seconds, 1)))) for name, seconds in timings.items()]),
        held=sum(run.held for run in summary.runs),
        variances=sum(len(reconciliation.variances) for reconciliation in summary.reconciliations),
    )


def _added_up(summary: Summary) -> dict[str, int]:
    totals: dict[str, int] = {}
    for run in summary.runs:
        for name, number in run.events.model_dump().items():
            totals[name] = totals.get(name, 0) + number
    return totals


def _parts(events: dict[str, int]) -> list[dict[str, Any]]:
    """Cut the bar of received events into where they went."""
    names = ("billed", "excluded", "duplicate", "late", "corrected", "conflicting", "orphan", "quarantined")
    whole = max(sum(events[name] for name in names), 1)
    parts, left = [], 0.0
    for name in names:
        width = events[name] * 100 / whole
        parts.append({"name": name, "number": events[name], "left": f"{left:.4f}", "width": f"{width:.4f}"})
        left += width
    return parts


def _bars(rows: list[tuple[str, Decimal]]) -> list[dict[str, Any]]:
    largest = max((value for _, value in rows), default=Decimal(0)) or Decimal(1)
    return [{"name": name, "value": value, "width": int(value * BAR_WIDTH / largest)} for name, value in rows]


def _accounts(invoices: list[InvoiceSummary]) -> dict[str, list[dict[str, Any]]]:
    """Add up the invoices of each account, by currency, largest first."""
    totals: dict[str, dict[str, tuple[str, Decimal, Decimal]]] = {}
    for invoice in invoices:
        of_currency = totals.setdefault(invoice.currency, {})
        name, net, tax = of_currency.get(invoice.account, (invoice.account_name, Decimal(0), Decimal(0)))
        of_currency[invoice.account] = (name, net + Decimal(invoice.net), tax + Decimal(invoice.tax))
    charts = {}
    for currency, accounts in totals.items():
        largest = max((net + tax for _, net, tax in accounts.values()), default=Decimal(0)) or Decimal(1)
        charts[currency] = [
            {
                "account": account,
                "name": name,
                "net": int(net * BAR_WIDTH / largest),
                "tax": int(tax * BAR_WIDTH / largest),
                "total": net + tax,
            }
            for account, (name, net, tax) in sorted(accounts.items(), key=lambda item: -(item[1][1] + item[1][2]))
        ]
    return charts
