"""What a proof checks of usage: the segments of the log, the copies in them, and what each account used."""

from collections import Counter
from collections.abc import Iterator, Mapping

from billproof.model import decimal_text
from billproof.pipeline.artefacts import Artefacts
from billproof.pipeline.usages import read_usages
from billproof.ports import Objects
from billproof.pricing.terms import AccountTerms, BatchPlan
from billproof.proof.model import NONE, CheckedCounts, Difference, DifferenceKind
from billproof.usage import log
from billproof.usage.model import AccountUsage, AccountWindow, AggregationPlan, Usages


def check_segments(
    aggregation: AggregationPlan, objects: Objects, rows_stored: Counter[tuple[str, str]]
) -> tuple[CheckedCounts, list[Difference]]:
    """Check that the segments hold what named them, and count their rows by account and period, without a database."""
    windows: dict[str, list[AccountWindow]] = {}
    for window in aggregation.windows:
        windows.setdefault(window.account, []).append(window)
    differences = []
    number = 0
    for keys in log.segments_of(objects, aggregation.bucket, aggregation.days):
        for key in keys:
            number += 1
            rows = log.read_intact(objects, key)
            if rows is None:
                differences.append(
                    Difference.of(DifferenceKind.SEGMENT, key, "the content that named it", "other content")
                )
            for row in rows or ():
                for window in windows.get(row.account, ()):
                    if (
                        window.start <= row.time < window.end
                        and window.after <= row.received_at < aggregation.received_before
                    ):
                        rows_stored[row.account, window.period] += 1
    return CheckedCounts(segments=number), differences


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
    for window in sorted(stored.keys() | usages.keys()):
        known, proved = stored.get(window), usages.get(window)
        if window[0] in members and known != proved:
            yield Difference.of(DifferenceKind.USAGE, " ".join(window), _shown(known), _shown(proved))


def _shown(usage: AccountUsage | None) -> str:
    if usage is None:
        return NONE
    quantities = ", ".join(
        f"{quantity.meter}{list(quantity.dimension.values()) or ''} {decimal_text(quantity.quantity)}"
        for quantity in usage.quantities
    )
    return f"{usage.counts.copies} copies, {usage.counts.distinct} events: {quantities}"
