"""How a month's invoices went: how long each step took, how many went without a human hand, what was held and why.

    end of the period -> released -> posted, delivered, paid
    exception opened  -> decided

What happened when is read off the audit chain, which records every fact; so any month can be measured again, later.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from billproof.approvals.exception_store import OPEN
from billproof.approvals.model import ExceptionState, Verdict
from billproof.insights.durations import Durations, durations_of
from billproof.invoicing.facts import DELIVERED, HELD, POSTED, RELEASED, InvoiceFacts, fact_key
from billproof.model import Exact, Model
from billproof.money import CONTEXT, Money, total
from billproof.names import Month, Name
from billproof.periods import Period
from billproof.ports import Key

TENTH = Decimal("0.1")
ONE_DAY = timedelta(days=1)

type RecordedAt = Callable[[Key], datetime | None]
"""When the audit chain recorded a fact of an invoice."""


class HeldFor(Model):
    """How many exceptions name a finding, how many of them are open, and what they are worth, by currency."""

    finding: str
    number: int
    open: int
    at_risk: tuple[Money, ...]


class ProcessMetrics(Model):
    """The figures of a legal entity's month, as of a moment; percentages are rounded half up to a tenth.

    `invoices` were drafted, `touchless` of them released by a run that no run held before. A duration counts what
    has come to its end; `waiting` exceptions are the open ones, the oldest since `oldest_waiting`.
    """

    legal_entity: Name
    period: Month
    at: str
    invoices: int
    released: int
    touchless: int
    touchless_percent: Exact | None
    held_percent: Exact | None
    release: Durations
    posting: Durations
    delivery: Durations
    payment: Durations
    deciding: Durations
    waiting: int
    oldest_waiting: str | None
    causes: tuple[HeldFor, ...]


def measure_process(
    documents: Iterable[InvoiceFacts],
    exceptions: Iterable[ExceptionState],
    *,
    legal_entity: str,
    period: Period,
    time_zone: str,
    recorded_at: RecordedAt,
    paid_on: Mapping[str, date],
    now: datetime,
) -> ProcessMetrics:
    """Return the figures of a month from the facts of its documents and exceptions, and the days of their payment."""
    invoices = [document for document in documents if not document.id.is_credit]
    states, zone = list(exceptions), ZoneInfo(time_zone)
    released = [document for document in invoices if document.released is not None]
    times = [_Times(document, recorded_at) for document in released]
    end = datetime.combine(period.end, datetime.min.time(), zone)
    touchless = sum(not document.names(HELD) for document in released)
    opened = [state.opened.opened_at for state in states if state.status == OPEN]
    return ProcessMetrics(
        legal_entity=legal_entity,
        period=period.name,
        at=now.isoformat(),
        invoices=len(invoices),
        released=len(released),
        touchless=touchless,
        touchless_percent=_percent(touchless, len(released)),
        held_percent=_percent(sum(bool(document.names(HELD)) for document in invoices), len(invoices)),
        release=durations_of(at - end for one in times if (at := one.of(RELEASED))),
        posting=durations_of(span for one in times if (span := one.since_release(POSTED)) is not None),
        delivery=durations_of(span for one in times if (span := one.since_release(DELIVERED)) is not None),
        payment=durations_of(
            _of_day(paid_on[release.invoice]) - _of_day(release.issue_date)
            for document in released
            if (release := document.released) is not None and release.invoice in paid_on
        ),
        deciding=durations_of(_decided_after(states)),
        waiting=len(opened),
        oldest_waiting=min(opened, default=None),
        causes=tuple(_causes(states)),
    )


class _Times:
    """When the facts of a released invoice were recorded."""

    def __init__(self, document: InvoiceFacts, recorded_at: RecordedAt) -> None:
        self._document = document
        self._recorded_at = recorded_at

    def of(self, fact: str) -> datetime | None:
        if fact not in self._document.facts:
            return None
        return self._recorded_at(fact_key(self._document.id, fact))

    def since_release(self, fact: str) -> timedelta | None:
        at, released = self.of(fact), self.of(RELEASED)
        return None if at is None or released is None else at - released


def _of_day(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time())


def _decided_after(states: Iterable[ExceptionState]) -> Iterable[timedelta]:
    """Yield how long people took; what a later run made needless was decided by nobody."""
    for state in states:
        decision = state.decision
        if decision is not None and decision.verdict is not Verdict.SUPERSEDED:
            yield datetime.fromisoformat(decision.decided_at) - datetime.fromisoformat(state.opened.opened_at)


def _causes(states: Iterable[ExceptionState]) -> Iterable[HeldFor]:
    """Yield each finding that held something, the commonest first; one exception may have several."""
    numbers: Counter[str] = Counter()
    waiting: Counter[str] = Counter()
    amounts: dict[str, list[Money]] = {}
    for state in states:
        for code in sorted({finding.code for finding in state.opened.findings}):
            numbers[code] += 1
            waiting[code] += state.status == OPEN
            if state.opened.amount is not None:
                amounts.setdefault(code, []).append(state.opened.amount)
    for code, number in sorted(numbers.items(), key=lambda pair: (-pair[1], pair[0])):
        mine = amounts.get(code, [])
        currencies = sorted({amount.currency for amount in mine})
        at_risk = tuple(total((amount for amount in mine if amount.currency == one), one) for one in currencies)
        yield HeldFor(finding=code, number=number, open=waiting[code], at_risk=at_risk)


def _percent(part: int, whole: int) -> Decimal | None:
    return CONTEXT.divide(Decimal(part) * 100, Decimal(whole)).quantize(TENTH, "ROUND_HALF_UP") if whole else None
