"""The levels that an earlier run's windows ended with, from the usage that it wrote."""

from collections.abc import Sequence
from functools import cache

from billproof.errors import NotFound, ObjectUnreadable
from billproof.pipeline.artefacts import AGGREGATION_PLAN, USAGE, Artefacts
from billproof.pipeline.usages import usage_part
from billproof.usage.keys import bucket_name
from billproof.usage.model import AccountUsage, AccountWindow
from billproof.usage.openings import EarlierWindows, KnownLevels


def earlier_levels(artefacts: Artefacts, buckets: Sequence[int]) -> EarlierWindows:
    """Return what looks up the levels of a bucket's accounts in the usage of earlier runs; each is read once.

    Beside the bucket are the older ones that its accounts were in when an earlier run was planned.
    """

    @cache
    def windows(run: str) -> dict[tuple[str, str], tuple[int, AccountWindow]]:
        for bucket in buckets:
            try:
                plan = artefacts.read(AGGREGATION_PLAN, run, bucket_name(bucket))
            except (NotFound, ObjectUnreadable):  # the run read no window of the bucket, or its plan no longer reads
                continue
            return {(window.account, window.period): (bucket, window) for window in plan.windows}
        return {}

    @cache
    def usage(run: str, batch: str, bucket: int) -> tuple[AccountUsage, ...]:
        try:
            return artefacts.read(USAGE, run, usage_part(batch, bucket)).accounts
        except (NotFound, ObjectUnreadable):  # it no longer reads: the log still has the levels
            return ()

    def look_up(window: AccountWindow) -> KnownLevels | None:
        source = window.levels
        known = windows(source.run).get((window.account, source.period)) if source is not None else None
        if source is None or known is None:
            return None
        bucket, before = known
        wanted = (window.account, source.period)
        ended = next(
            (used for used in usage(source.run, before.batch, bucket) if (used.account, used.period) == wanted), None
        )
        if ended is None:
            return None
        levels = {
            closing.reading: {level.dimension: level.level for level in closing.levels} for closing in ended.closing
        }
        return KnownLevels(end=before.end, levels=levels)

    return look_up
