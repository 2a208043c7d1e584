"""The figures of how a month went, for the command."""

from datetime import datetime

from billproof.audit.index import index_of
from billproof.audit.walking import all_chains
from billproof.insights.durations import Durations
from billproof.insights.paying import paid_days
from billproof.insights.process import ProcessMetrics, measure_process
from billproof.periods import Period
from billproof.pipeline.issue_days import today_of
from billproof.ports import Key
from billproof.receivables.history import histories_of
from billproof_ops.target import Target

INVOICES = "invoices"


def process(target: Target, entity: str, month: str) -> ProcessMetrics:
    """Return the figures of a month; the audit chain is read whole. Raises InvalidPeriod."""
    ports, period = target.ports, Period.month(month)
    profile = ports.directory.legal_entity(entity)
    entries = index_of(all_chains(ports.chain)).entries

    def recorded_at(key: Key) -> datetime | None:
        recorded = entries.get((INVOICES, key.partition, key.sort))
        return datetime.fromisoformat(recorded[0].block.at) if recorded else None

    receivables = ports.cash_sources().receivables(entity)
    members = ports.directory.members(entity)
    histories = [document for account in members for document in histories_of(account, receivables, ports.dispute_book)]
    return measure_process(
        ports.register.of_period(entity, month),
        ports.exception_store.of_period(entity, month),
        legal_entity=entity,
        period=period,
        time_zone=profile.time_zone,
        recorded_at=recorded_at,
        paid_on=paid_days(histories, today_of(profile, ports.now())),
        now=ports.now(),
    )


def rows(measured: ProcessMetrics) -> list[tuple[str, str]]:
    """Return what the command prints of the figures."""
    steps = {
        "end of month to release": measured.release,
        "release to posting": measured.posting,
        "release to delivery": measured.delivery,
        "issue to payment": measured.payment,
        "exceptions, until decided": measured.deciding,
    }
    return [
        ("invoices", str(measured.invoices)),
        ("released", str(measured.released)),
        ("of them touchless", f"{measured.touchless} ({_percent(measured.touchless_percent)})"),
        ("held by a run", _percent(measured.held_percent)),
        *((name, _hours(durations)) for name, durations in steps.items()),
        ("exceptions that wait", f"{measured.waiting}{_since(measured.oldest_waiting)}"),
    ]


def _percent(value: object) -> str:
    return "none" if value is None else f"{value} %"


def _since(oldest: str | None) -> str:
    return f", the oldest since {oldest[:16]}Z" if oldest else ""


def _hours(durations: Durations) -> str:
    if not durations.number:
        return "none"
    return f"median {durations.median_hours} h, 95 % within {durations.p95_hours} h, of {durations.number}"
