"""The metrics: what each is called, its formula, its source and its owner. docs/metrics.md has the same table."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from billproof.insights.measuring import (
    DayRows,
    Measure,
    MetricValue,
    dso,
    failures,
    minutes_avoided,
    money_of,
    money_share,
    number_of,
    share,
    silent_hours,
    took,
)

HOURS, NUMBER, MONEY, PERCENT = "hours", "number", "money", "percent"
MORE, LESS = "more", "less"
_CHAIN = "times in the audit chain"
_RELEASES = "releases and their documents"
_EXCEPTIONS = "exceptions and decisions"
_CLOSED = "statements of runs"
_CASH = "releases, credit notes and receipts"


@dataclass(frozen=True)
class Metric:
    """A metric as it is declared: `better` says whether more or less of it is good, "" where neither is."""

    name: str
    unit: str
    formula: str
    source: str
    owner: str
    better: str
    measure: Measure = field(compare=False)


def _hours(name: str, figure: str, formula: str, owner: str) -> Metric:
    return Metric(name, HOURS, f"{formula}: median and 95th percentile", _CHAIN, owner, LESS, took(figure))


_DECLARED: Sequence[Metric] = (
    _hours("draft_hours", "draft", "end of the month to the draft", "billing"),
    _hours("draft_to_release_hours", "draft_to_release", "draft to release", "billing"),
    _hours("release_hours", "release", "end of the month to release", "billing"),
    _hours("posting_hours", "posting", "release to posting", "finance"),
    _hours("delivery_hours", "delivery", "release to delivery", "billing"),
    _hours("payment_hours", "payment", "day of issue to the day on which nothing is open", "finance"),
    _hours("run_hours", "run", "end of the month to the statement of its first run", "billing"),
    _hours("reconciliation_hours", "reconciliation", "end of the month to its first reconciliation", "finance"),
    _hours("close_hours", "close", "end of the month to its sign-off", "finance"),
    _hours("deciding_hours", "deciding", "exception raised to a person's decision", "billing"),
    Metric("invoices", NUMBER, "invoices released", _RELEASES, "billing", "", number_of("released", "", "region")),
    Metric(
        "invoiced", MONEY, "gross of them in the books", _RELEASES, "finance", "", money_of("released", "", "region")
    ),
    Metric(
        "product_net", MONEY, "net of their lines by product", _RELEASES, "product", "", money_of("lines", "product")
    ),
    Metric(
        *("touchless_percent", PERCENT, "released invoices that no run held / released x 100", _RELEASES),
        *("billing", MORE, share("touchless", "released")),
    ),
    Metric(
        *("minutes_avoided", "minutes", "touchless invoices x `minutes_per_invoice` of the policy", _RELEASES),
        *("billing", MORE, minutes_avoided),
    ),
    Metric(
        *("held_percent", PERCENT, "invoices held / documents drafted x 100", "holds and documents"),
        *("billing", LESS, share("held", "drafted")),
    ),
    Metric(
        *("exceptions", NUMBER, "exceptions raised, by kind, finding and cause", _EXCEPTIONS, "billing", LESS),
        number_of("exceptions", "", "kind", "finding", "cause"),
    ),
    Metric(
        *("open_exceptions", NUMBER, "undecided at the end of the last day", _EXCEPTIONS, "billing", LESS),
        number_of("open_exceptions", stands=True),
    ),
    Metric(
        *("open_at_risk", MONEY, "what those are worth", _EXCEPTIONS, "billing", LESS),
        money_of("open_exceptions", stands=True),
    ),
    Metric(
        *("oldest_exception_hours", HOURS, "age of the oldest of them", _EXCEPTIONS, "billing", LESS),
        number_of("oldest_exception_hours", stands=True),
    ),
    Metric(
        "leak_found", MONEY, "worth of exceptions by cause", _EXCEPTIONS, "billing", "", money_of("exceptions", "cause")
    ),
    Metric(
        *("leak_prevented", MONEY, "worth of those that a person rejected, by cause", _EXCEPTIONS, "billing", ""),
        money_of("prevented", "cause"),
    ),
    Metric(
        *("leak_recovered", MONEY, "net of lines that bill more for earlier months, by cause", _RELEASES),
        *("billing", MORE, money_of("recovered", "cause")),
    ),
    Metric(
        "disputes", NUMBER, "disputes opened, by cause", "disputes", "finance", LESS, number_of("disputes", "", "cause")
    ),
    Metric("disputed", MONEY, "gross of them", "disputes", "finance", LESS, money_of("disputes")),
    Metric(
        *("dispute_win_percent", PERCENT, "disputes rejected / decisions on disputes x 100", "disputes"),
        *("finance", MORE, share("disputes_won", "disputes_decided")),
    ),
    Metric(
        *("credit_note_percent", PERCENT, "credit notes / invoices x 100", _RELEASES, "finance", LESS),
        share("credited", "released"),
    ),
    Metric(
        "credited",
        MONEY,
        "gross of credit notes, by reason",
        _RELEASES,
        "finance",
        LESS,
        money_of("credited", "", "reason"),
    ),
    Metric(
        *("credit_ratio_percent", PERCENT, "gross of credit notes / gross of invoices x 100", _RELEASES),
        *("finance", LESS, money_share("credited", "released")),
    ),
    Metric("written_off", MONEY, "gross of write-offs", _RELEASES, "finance", LESS, money_of("written_off")),
    Metric(
        "settled", MONEY, "what receipts settle, less what they open again", _CASH, "finance", "", money_of("settled")
    ),
    Metric(
        *("receivables", MONEY, "open at the end of the last day", _CASH, "finance", ""),
        money_of("receivables", stands=True),
    ),
    Metric("overdue", MONEY, "of it past its due day", _CASH, "finance", LESS, money_of("overdue", stands=True)),
    Metric(
        *("days_sales_outstanding", "days", "receivables / (invoiced - credited) x days of the range", _CASH),
        *("finance", LESS, dso),
    ),
    Metric("events", NUMBER, "events of the month in its first run", _CLOSED, "engineering", "", number_of("events")),
    Metric(
        *("late_usage_percent", PERCENT, "late events / (events + late events) x 100", _CLOSED, "engineering", LESS),
        share("late_events", "events", "late_events"),
    ),
    Metric("quarantined_events", NUMBER, "refused events", _CLOSED, "engineering", LESS, number_of("quarantined")),
    Metric(
        "quarantine_worth",
        MONEY,
        "what open ones are worth",
        _CLOSED,
        "engineering",
        LESS,
        money_of("quarantine_worth"),
    ),
    Metric(
        *("failure_percent", PERCENT, "failures / (failures + successes) x 100 of delivery and contracts"),
        *("mails that did not arrive, orders that wait", "engineering", LESS),
        measure=failures,
    ),
    Metric(
        *("silent_hours", HOURS, "hours since the last fact of an integration, whole ones", _CHAIN),
        *("engineering", LESS, silent_hours),
    ),
)
METRICS = MappingProxyType({metric.name: metric for metric in _DECLARED})


def measure(days: DayRows) -> Iterator[MetricValue]:
    """Yield every metric of a range of days, in the order of their declaration."""
    for metric in METRICS.values():
        for by, of, currency, value in metric.measure(days):
            yield MetricValue(metric=metric.name, by=by, of=of, currency=currency, value=value)
