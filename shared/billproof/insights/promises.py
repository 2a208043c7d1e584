"""The promises of a legal entity's process that do not hold at a moment: each is counted, and an alarm watches it."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial

from pydantic import ValidationError

from billproof.approvals.policy import ProcessPromises
from billproof.errors import NotFound, ObjectUnreadable
from billproof.insights.folding import STEP
from billproof.insights.measuring import percent
from billproof.insights.standing import ProcessStanding
from billproof.invoicing.facts import POSTED
from billproof.masterdata.parties import LegalEntity
from billproof.model import Exact, Model
from billproof.nets import Net
from billproof.periods import Period, cut_off, instant_text
from billproof.pipeline.exposure import Exposure
from billproof.pipeline.starting import due_months
from billproof.ports import Objects, Records, Workflows
from billproof.reconciliation.model import Reconciliation
from billproof.reconciliation.sums import report_key

MONTHS_LOOKED_AT = 3
"""Of so many months the last reconciliation is read: this one and those that are reconciled every day."""


class KeptPromises(Model):
    """How many things are not as the policy promises: 0 is as it should be. `unbilled_percent` is null before a run."""

    legal_entity: str
    at: str
    runs_missing: tuple[str, ...]
    postings_late: int
    variances_overdue: int
    unbilled_percent: Exact | None
    is_unbilled_over: bool


@dataclass(frozen=True)
class PromiseSources:
    """What is looked at."""

    entity: LegalEntity
    promises: ProcessPromises
    runs: Records
    workflows: Workflows
    objects: Objects
    grace: timedelta


def look_at_promises(
    standing: ProcessStanding, sources: PromiseSources, *, unbilled: Exposure | None, now: datetime
) -> KeptPromises:
    """Return which promises do not hold; `unbilled` is of the last month whose run is closed, if it is looked at."""
    promises, entity = sources.promises, sources.entity
    late = instant_text(now - timedelta(hours=promises.posting_hours))
    waiting = [one for one in standing.released.values() if POSTED in one.waits and one.at < late]
    today = standing.day_of(instant_text(now))
    share = None if unbilled is None else share_unbilled(standing, unbilled)
    return KeptPromises(
        legal_entity=entity.id,
        at=instant_text(now),
        runs_missing=tuple(_missing(sources, now)),
        postings_late=len(waiting),
        variances_overdue=sum(age >= promises.variance_days for age in _ages(entity.id, today, sources.objects)),
        unbilled_percent=share,
        is_unbilled_over=share is not None and share > promises.unbilled_percent,
    )


def _missing(sources: PromiseSources, now: datetime) -> Iterator[str]:
    """Yield the months that are due, and have been for longer than is promised."""
    patience = sources.grace + timedelta(hours=sources.promises.run_hours)
    for month in due_months(sources.entity, sources.runs, sources.workflows, now, sources.grace):
        if now > cut_off(Period.month(month), patience):
            yield month


def share_unbilled(standing: ProcessStanding, unbilled: Exposure) -> Decimal | None:
    """Return what of a month's worth is not billed, in percent: the largest of its currencies."""
    billed = standing.billed.get(unbilled.period, {})
    shares = []
    for total in unbilled.totals:
        whole = total.amount + billed.get(total.currency, Decimal(0))
        shares.append(percent(total.amount, whole))
    return max((share for share in shares if share is not None), default=None)


def _ages(entity: str, today: date, objects: Objects) -> Iterator[int]:
    """Yield for how many days each variance of the last reconciliations is open by now."""
    for report in _reports(entity, today, objects):
        for variance in (*report.variances, *report.unsettled):
            yield (today - variance.since).days if variance.since is not None else variance.age_days


def _reports(entity: str, today: date, objects: Objects) -> Sequence[Reconciliation]:
    reports: list[Reconciliation] = []
    period, net = Period.month(f"{today:%Y-%m}"), Net(STEP)
    for _ in range(MONTHS_LOOKED_AT):
        key = report_key(entity, period.name)
        with suppress(NotFound):  # it was never reconciled
            reports += net.catch(key, partial(_report, key, objects), lambda _finding: (), expected=(NotFound,))
        period = Period.month_ending(period.start)
    return reports


def _report(key: str, objects: Objects) -> tuple[Reconciliation, ...]:
    data = objects.get(key)
    try:
        return (Reconciliation.model_validate_json(data),)
    except ValidationError as error:
        raise ObjectUnreadable(key) from error
