"""Publishing metrics: the chains are followed, days that ended are kept, and what is promised is looked at.

    follow -> keep days -> balance closed runs -> measure unbilled usage, look at promises -> keep the standing
                        ^ died here: the next call follows from the last standing, to the same figures

A standing is kept too where what follows raises: who computes it again comes to the same.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from billproof.audit.chain import AuditChain
from billproof.errors import NotFound
from billproof.insights.folding import STEP
from billproof.insights.following import LATE_CLOCK, follow
from billproof.insights.keeping import Measurings, StandingBook, exposure_key, keep_day
from billproof.insights.promises import KeptPromises, PromiseSources, look_at_promises
from billproof.insights.recorded import FactSources
from billproof.insights.standing import ProcessStanding
from billproof.masterdata.parties import LegalEntity
from billproof.model import Model, canonical_model
from billproof.nets import Net
from billproof.pipeline.exposure import Exposure
from billproof.ports import Clock, Objects

KEPT_EVERY = 500
"""Blocks after which a standing is kept within a day; fewer are read again by the next call."""
ONE_DAY = timedelta(days=1)
MOST_ACCOUNTS = 2_000
"""Of a legal entity with at most so many accounts unbilled usage is measured, and its runs are balanced."""


class EntityPublished(Model):
    """What one call did for a legal entity; null promises: it did not come to the end of the chains."""

    legal_entity: str
    blocks: int
    days: tuple[date, ...]
    is_complete: bool
    unbalanced: tuple[str, ...] = ()
    promises: KeptPromises | None = None
    exposure: Exposure | None = None


@dataclass(frozen=True)
class PublishingSources:
    """What is read of one legal entity; `is_balanced` is of a run, `exposure` of a month."""

    entity: LegalEntity
    first_time_zone: str
    chain: AuditChain
    facts: FactSources
    objects: Objects
    book: StandingBook
    measurings: Measurings
    promises: PromiseSources
    exposure: Callable[[str], Exposure]
    is_balanced: Callable[[str], bool]
    clock: Clock
    members: Callable[[], Iterator[str]]

    def is_small(self) -> bool:
        """Say whether it has at most MOST_ACCOUNTS accounts."""
        return next(islice(self.members(), MOST_ACCOUNTS, None), None) is None


def publish_metrics(sources: PublishingSources, *, deadline: datetime) -> EntityPublished:
    """Follow a legal entity's chains to now, or as far as there is time, and look at its promises."""
    entity, now = sources.entity.id, sources.clock()
    standing = sources.book.last(entity) or ProcessStanding(legal_entity=entity, time_zone=sources.first_time_zone)
    before, closed = standing.blocks, dict(standing.closed)
    followed = follow(
        standing, sources.chain, sources.facts, until=now - LATE_CLOCK, clock=sources.clock, deadline=deadline
    )
    for ended in followed.ended:
        keep_day(sources.objects, entity, ended.day, ended.rows)
    newly = [run for period, run in standing.closed.items() if closed.get(period) != run]
    published = EntityPublished(
        legal_entity=entity,
        blocks=followed.blocks,
        days=tuple(ended.day for ended in followed.ended),
        is_complete=followed.is_complete,
        unbalanced=tuple(run for run in newly if sources.is_small() and not sources.is_balanced(run)),
    )
    try:
        return _looked(published, standing, sources, now) if followed.is_complete else published
    finally:
        if followed.ended or newly or not followed.is_complete or standing.blocks - before >= KEPT_EVERY:
            sources.book.keep(standing)


def _looked(
    published: EntityPublished, standing: ProcessStanding, sources: PublishingSources, now: datetime
) -> EntityPublished:
    """Measure unbilled usage, where it is due, and look at the promises."""
    entity, today = standing.legal_entity, now.astimezone(ZoneInfo(standing.time_zone)).date()
    yesterday, last = today - ONE_DAY, max(standing.closed, default=None)
    exposure = unbilled = None
    is_over = standing.day == today and not sources.measurings.is_kept(entity, yesterday)
    is_measured = (is_over or sources.measurings.is_due(entity, now)) and sources.is_small()
    if is_measured:
        sources.measurings.began(entity, now)
        exposure = _exposure(sources, f"{today:%Y-%m}")
        unbilled = _exposure(sources, last) if last is not None else None
    if is_over and is_measured:
        of_day = exposure if today.day > 1 else _exposure(sources, f"{yesterday:%Y-%m}")
        if of_day is not None:
            sources.objects.create(exposure_key(entity, yesterday), canonical_model(_sums(of_day)))
        sources.measurings.keeps(entity, yesterday)
    promises = look_at_promises(standing, sources.promises, unbilled=unbilled, now=now)
    return published.model_copy(update={"promises": promises, "exposure": exposure and _sums(exposure)})


def _exposure(sources: PublishingSources, period: str) -> Exposure | None:
    """Return what is not billed of a month; None, told as an internal error, where it cannot be computed."""
    try:
        return Net(STEP).catch(period, lambda: sources.exposure(period), lambda _finding: None, expected=(NotFound,))
    except NotFound:  # nobody is to be billed
        return None


def _sums(exposure: Exposure) -> Exposure:
    """Return the sums of an exposure, without its accounts."""
    return exposure.model_copy(update={"accounts": ()})
