"""What a proof checks of crosswalks: that a run counted usage by what they said when it was planned."""

from collections.abc import Iterator

from billproof.masterdata.crosswalk_book import CrosswalkBook, OwnedSpan
from billproof.masterdata.directory import Directory
from billproof.pipeline.settling import with_skew
from billproof.proof.model import Difference, DifferenceKind
from billproof.usage.keys import bucket_name
from billproof.usage.model import AggregationPlan
from billproof.usage.owners import owners_in


def compare_owners(aggregation: AggregationPlan, directory: Directory) -> Iterator[Difference]:
    """Compare whose the usage of ids in crosswalks is by the plan of a bucket, and by the crosswalks themselves.

    A version that was on its way while the run was planned is in the plan or not: the next run knows it for sure.
    """
    planned_at = aggregation.received_before
    book = directory.crosswalks(known_before=planned_at)
    cuts = {version.known_at for version in book.versions if version.known_at >= with_skew(planned_at)}
    books = [book, *(CrosswalkBook.of(book.versions, known_before=cut) for cut in sorted(cuts))]
    frozen = set(aggregation.spread.spans())
    if not any(_stated(known, aggregation) == frozen for known in books):
        where = f"crosswalks of bucket {bucket_name(aggregation.bucket)}"
        yield Difference.of(
            DifferenceKind.TERMS, where, "other ones in the directory", "those that usage was counted by"
        )


def _stated(book: CrosswalkBook, aggregation: AggregationPlan) -> set[OwnedSpan]:
    """Return what crosswalks say of the ids that a plan names, and of all that concern its accounts."""
    owners = owners_in(book, aggregation.windows)
    accounts = {window.account for window in aggregation.windows}
    named = {one.external_id for one in aggregation.spread.spans()}
    named |= {one.external_id for one in owners if accounts & {one.external_id, one.account}}
    return {one for one in owners if one.external_id in named}
