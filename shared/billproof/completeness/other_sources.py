"""Sources beyond the limit of a bucket: what is still known of them, and the warning that says so.

A source that a bucket does not name may be among its others: what it stated is then not held against it as missing, and
that it sends nothing is not known.
"""

from collections.abc import Callable, Sequence

from billproof.findings import Finding, Owner, Severity
from billproof.usage.source_tallies import MOST_SOURCES
from billproof.usage.tallies import OTHER_SOURCES, BucketTally

type Hidden = Callable[[str, str, str], int]
"""How many events of a source, meter and hour may be among those of other sources."""


def nothing_hidden(_source: str, _meter: str, _hour: str) -> int:
    """Say that every source is named."""
    return 0


def hidden_of(tallies: Sequence[BucketTally]) -> Hidden:
    """Return what may be hidden in the buckets that have other sources."""
    buckets = [
        (
            tally.named_sources,
            {(hour.meter, hour.hour): hour.events for hour in tally.hours if hour.source == OTHER_SOURCES},
        )
        for tally in tallies
        if tally.other_sources
    ]

    def hidden(source: str, meter: str, hour: str) -> int:
        return sum(others.get((meter, hour), 0) for named, others in buckets if source not in named)

    return hidden if buckets else nothing_hidden


def may_be_hidden(source: str, tallies: Sequence[BucketTally]) -> bool:
    """Say whether a source that no bucket names may be among other sources."""
    return any(tally.other_sources for tally in tallies) and all(source not in tally.named_sources for tally in tallies)


def counted_together(tallies: Sequence[BucketTally]) -> tuple[Finding, ...]:
    """Warn of the sources that are not counted by their names; no quantity or amount depends on it."""
    buckets = {tally.bucket: tally.other_sources for tally in tallies if tally.other_sources}
    if not buckets:
        return ()
    worst = max(buckets, key=lambda bucket: (buckets[bucket], -bucket))
    return (
        Finding(
            code="sources_counted_together",
            severity=Severity.WARNING,
            account="",
            path=OTHER_SOURCES,
            message=(
                f"{len(buckets)} buckets have more than {MOST_SOURCES} sources, bucket {worst} has "
                f"{buckets[worst]} more: these are counted together as {OTHER_SOURCES!r}, so neither their silence "
                "nor their control totals are checked; every event is billed as ever"
            ),
            remedy="find the producer that makes up a source for each event, and have it name one source",
            owner=Owner.ENGINEERING,
        ),
    )
