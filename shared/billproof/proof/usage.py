"""What a proof checks of usage: the segments of the log, the copies in them, and what each account used."""

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass

from billproof.errors import ObjectUnreadable
from billproof.model import decimal_text
from billproof.pipeline.artefacts import Artefacts
from billproof.pipeline.settling import with_skew
from billproof.pipeline.usages import read_usages
from billproof.ports import Objects
from billproof.pricing.terms import AccountTerms, BatchPlan
from billproof.proof.model import NONE, CheckedCounts, Difference, DifferenceKind
from billproof.usage import log
from billproof.usage.buckets import newer_buckets
from billproof.usage.earlier_lists import Lists, list_numbers
from billproof.usage.manifests import is_intact, seen_by, segments_of
from billproof.usage.model import AFTER_ALL, AccountUsage, AccountWindow, AggregationPlan, SegmentRow
from billproof.usage.owners import Owners
from billproof.usage.windows import Usages


@dataclass
class CheckedSegments:
    """What a proof found in the segments of a bucket; `missing` are those that the run read and that no longer read.

    `lacking` is what the run itself could not read, and says so: whom it concerns it held, with a finding.
    """

    counts: CheckedCounts
    differences: list[Difference]
    missing: set[str]
    lacking: Container[str] = ()
    are_listed: bool = True
    """Whether the lists of what the run read, and earlier runs before it, are there."""


def check_segments(
    aggregation: AggregationPlan,
    objects: Objects,
    rows_stored: Counter[tuple[str, str]],
    *,
    lacking: Container[str] = (),
) -> CheckedSegments:
    """Check that the segments that a run listed are there and hold what named them, and count their rows.

    Rows are counted by account and period, without a database.
    """
    lists = sorted({aggregation.manifest, *list_numbers(aggregation)} - {""})
    changed = [
        Difference.of(DifferenceKind.SEGMENT, key, "the list that named it", "no list, or another one")
        for key in lists
        if not is_intact(objects, key)
    ]
    if changed:
        return CheckedSegments(CheckedCounts(), changed, set(), are_listed=False)
    try:
        return _checked(aggregation, objects, rows_stored, lacking)
    except ObjectUnreadable as error:  # the list of the days before, on which a run looked back for a level
        changed = [Difference.of(DifferenceKind.SEGMENT, error.key, "the list that was written", "another one")]
        return CheckedSegments(CheckedCounts(), changed, set(), are_listed=False)


def _checked(
    aggregation: AggregationPlan,
    objects: Objects,
    rows_stored: Counter[tuple[str, str]],
    lacking: Container[str],
) -> CheckedSegments:
    checked = CheckedSegments(CheckedCounts(), [], set(), lacking)
    counted = _Counted(aggregation, objects, lacking)
    for keys in segments_of(aggregation, objects):
        for key in keys:
            checked.counts += CheckedCounts(segments=1)
            rows = log.read_intact(objects, key)
            if rows is None:
                checked.missing.add(key)
                checked.differences.append(_spoilt(key, objects))
            elif key not in lacking and aggregation.manifest not in lacking:
                rows_stored.update(counted.windows_of(key, rows))
    checked.differences += _unmarked(aggregation, objects, counted)
    return checked


def _spoilt(key: str, objects: Objects) -> Difference:
    """Say of a segment that the run read whether it is gone, or other than it was."""
    if next(iter(objects.keys(key)), None) != key:
        return Difference.of(DifferenceKind.SEGMENT, key, "a segment that the run read", NONE)
    return Difference.of(DifferenceKind.SEGMENT, key, "the content that named it", "other content")


def _unmarked(aggregation: AggregationPlan, objects: Objects, counted: "_Counted") -> Iterator[Difference]:
    """Name the segments that the run did not see and that no mark tells a later run of: nobody would bill them."""
    if not aggregation.manifest:
        return
    listed = seen_by(objects, aggregation.manifest)
    newer = newer_buckets(objects, aggregation.bucket)
    since = with_skew(aggregation.received_before)
    marks = {
        (mark.account, mark.month)
        for bucket in (*aggregation.reads, *newer)
        for mark in log.late_marks(objects, bucket)
        if mark.written_at >= since
    }
    marks |= {
        (owner.account, month)
        for owner in aggregation.spread.spans()
        for account, month in marks
        if account == owner.external_id
    }
    for keys in log.segments_of(objects, (*aggregation.reads, *newer), aggregation.days):
        for key in keys:
            if key not in listed:
                rows = log.read_intact(objects, key)
                if rows is None:
                    yield Difference.of(DifferenceKind.SEGMENT, key, "the content that named it", "other content")
                for account, month in sorted(set(counted.windows_of(key, rows or ())) - marks):
                    known = "read by the run, or marked as late"
                    yield Difference.of(DifferenceKind.SEGMENT, key, known, f"neither, with usage of {account} {month}")


class _Counted:
    """Tells in which windows of a plan the rows of a segment count."""

    def __init__(self, aggregation: AggregationPlan, objects: Objects, lacking: Container[str]) -> None:
        self._until = AFTER_ALL if aggregation.manifest else aggregation.received_before
        self._windows: dict[str, list[AccountWindow]] = {}
        for window in aggregation.windows:
            self._windows.setdefault(window.account, []).append(window)
        self._earlier = Lists(aggregation, objects, lacking=lacking).segments
        self._owners = Owners(aggregation.spread.spans())

    def windows_of(self, key: str, rows: Iterable[SegmentRow]) -> Iterator[tuple[str, str]]:
        """Yield the account and period of each row that no earlier run counted."""
        for row in rows:
            for account, since in self._owners.of(row):
                for window in self._windows.get(account, ()):
                    after = "" if window.after_manifest else window.after
                    is_moved = bool(window.after_manifest and since and since >= window.after)
                    is_new = is_moved or key not in self._earlier.get(window.after_manifest, ())
                    if is_new and window.start <= row.time < window.end and after <= row.received_at < self._until:
                        yield account, window.period


def compare_counts(usages: Usages, rows_stored: Mapping[tuple[str, str], int]) -> Iterator[Difference]:
    """Compare the copies that aggregation counted with the rows that lie in the segments."""
    for (account, period), usage in usages.items():
        rows = rows_stored.get((account, period), 0)
        if rows != usage.counts.copies:
            where = f"{account} {period}"
            yield Difference.of(
                DifferenceKind.USAGE, where, f"{usage.counts.copies} copies", f"{rows} rows in segments"
            )


def compare_usage(terms: AccountTerms, usages: Usages, plan: BatchPlan, artefacts: Artefacts) -> Iterator[Difference]:
    """Compare what the run recorded of an account's usage, and its children's, with what is computed again."""
    members = {member.id for member in terms.members}
    stored = read_usages(artefacts, plan.run, plan.batch, plan.buckets)
    for window in sorted(window for window in stored.keys() | usages.keys() if window[0] in members):
        known, proved = stored.get(window), usages.get(window)
        if known != proved:
            yield Difference.of(DifferenceKind.USAGE, " ".join(window), _shown(known), _shown(proved))


def _shown(usage: AccountUsage | None) -> str:
    if usage is None:
        return NONE
    quantities = ", ".join(
        f"{quantity.meter}{list(quantity.dimension.values()) or ''} {decimal_text(quantity.quantity)}"
        for quantity in usage.quantities
    )
    return f"{usage.counts.copies} copies, {usage.counts.distinct} events: {quantities}"
