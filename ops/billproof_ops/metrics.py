"""The metrics of days, for the command: reports, CSV, and computing a day again from the first record on."""

import io
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from billproof.errors import NotFound
from billproof.insights.figures import FigureRow
from billproof.insights.following import follow
from billproof.insights.keeping import read_day
from billproof.insights.promises import KeptPromises, look_at_promises
from billproof.insights.reporting import MetricsReport, ReportedMetric, compare, report
from billproof.insights.standing import ProcessStanding
from billproof.metric_reading import publishing_sources
from billproof.sheets import Sheet
from billproof_ops.errors import OpsError
from billproof_ops.target import Target

HEADER = ("legal_entity", "first", "last", "metric", "by", "of", "currency", "unit", "value", "target", "is_met")

NEVER = datetime.max.replace(tzinfo=UTC)


def of_days(target: Target, entity: str, first: date, last: date, *, by_month: bool) -> MetricsReport:
    """Return the metrics of days; raises InvalidInput."""
    promises = target.ports.directory.policy(entity).promises
    return report(target.ports.objects, entity, first, last, promises=promises, by_month=by_month)


def around(target: Target, entity: str, day: date, length: int) -> MetricsReport:
    """Return the metrics of days before a day and from it on; raises InvalidInput."""
    promises = target.ports.directory.policy(entity).promises
    return compare(target.ports.objects, entity, day, length=length, promises=promises)


def promises_now(target: Target, entity: str) -> KeptPromises:
    """Return which promises do not hold now; what was recorded since publish_metrics looked last is read, too."""
    ports = target.ports
    sources = publishing_sources(ports, entity)
    standing = sources.book.last(entity) or ProcessStanding(legal_entity=entity, time_zone=sources.first_time_zone)
    follow(standing, sources.chain, sources.facts, until=ports.now(), clock=ports.now, deadline=NEVER)
    last = max(standing.closed, default=None)
    unbilled = sources.exposure(last) if last is not None else None
    return look_at_promises(standing, sources.promises, unbilled=unbilled, now=ports.now())


def recompute(target: Target, entity: str, day: date) -> tuple[tuple[FigureRow, ...], bool]:
    """Compute a day again from the first record on; return its figures, and whether they are those that are kept.

    Raises OpsError for a day that is not over, or of before the first record.
    """
    ports = target.ports
    sources = publishing_sources(ports, entity)
    standing = ProcessStanding(legal_entity=entity, time_zone=sources.first_time_zone)
    end = standing.midnight(day + timedelta(days=1))
    if ports.now() < end:
        message = f"{day} is not over"
        raise OpsError(message)
    followed = follow(standing, sources.chain, sources.facts, until=end, clock=ports.now, deadline=NEVER)
    computed = next((ended.rows for ended in followed.ended if ended.day == day), None)
    if computed is None:
        message = f"nothing is recorded of {entity} until {day}"
        raise OpsError(message)
    try:
        kept = read_day(ports.objects, entity, day)
    except NotFound:
        message = f"{day} of {entity} is not kept yet: publish_metrics keeps it once it is over"
        raise OpsError(message) from None
    return computed, kept == computed


def csv_of(reported: MetricsReport) -> str:
    """Return a report as CSV, a line for each value."""
    text = io.StringIO()
    sheet = Sheet(text, lineterminator="\n")
    sheet.add(HEADER)
    for part in reported.ranges:
        for metric in part.metrics:
            fields = metric.model_dump(mode="json")
            names = [fields[name] for name in HEADER[3:]]
            sheet.add([reported.legal_entity, part.first, part.last, *("" if one is None else one for one in names)])
    return text.getvalue()


def rows(metrics: Iterable[ReportedMetric]) -> list[tuple[str, str]]:
    """Return what the command prints of a range."""
    return [(_named(metric), _shown(metric)) for metric in metrics]


def _named(metric: ReportedMetric) -> str:
    return f"{metric.metric} {metric.of}" if metric.of else metric.metric


def _shown(metric: ReportedMetric) -> str:
    value = "none" if metric.value is None else f"{metric.value:f} {metric.currency or metric.unit}"
    if metric.target is None:
        return value
    met = {True: "met", False: "missed", None: "not known"}[metric.is_met]
    return f"{value}, target {metric.target:f}: {met}"
