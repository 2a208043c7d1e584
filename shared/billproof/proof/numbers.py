"""What a proof checks of numbers: no gap, none twice, and each is that of the document that says so.

    series     1 2 3 | 4 5 | 6 ...      blocks follow each other, and name each document once
    release    number 4   <->   the series names this document as the fourth
    settlement what a release bills is noted in its account, under its number

So a release that was removed with its posting leaves its number behind, and a series that was removed its releases.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date

from billproof.conservation.service import Stores
from billproof.errors import ImmutableDocument, NotFound
from billproof.identities import InvoiceId
from billproof.invoicing.candidates import slots_taken
from billproof.invoicing.facts import RELEASED
from billproof.invoicing.model import BillingSlot, PeriodBilling, Released
from billproof.invoicing.series import Block, DocumentNumber, Series, SeriesKind, series_partition
from billproof.opening.effects import numbers_before
from billproof.proof.model import NONE, CheckedCounts, Difference, DifferenceKind


def prove_series(
    entity: str, prefix: str, period: str, stores: Stores, *, last_year: int
) -> tuple[CheckedCounts, list[Difference]]:
    """Check the series in which documents of a period may have their numbers: those of its year and the years after.

    Every number has its place among the others; those of the period's documents also have their releases, the last of
    which were issued in `last_year`.
    """
    differences: list[Difference] = []
    numbers = 0
    year = int(period[:4])
    for kind in SeriesKind:
        for issued in range(year, max(last_year, year + 1) + 1):
            series = Series(entity=entity, prefix=prefix, issue_date=date(issued, 1, 1), kind=kind)
            blocks = list(stores.register.blocks(entity, issued, kind))
            numbers += sum(len(block.invoices) for block in blocks)
            differences += compare_blocks(blocks, series)
            differences += _compare_before(blocks, series, stores)
            differences += _unreleased(blocks, series, period, stores)
    return CheckedCounts(numbers=numbers), differences


def series_of_month(entity: str, period: str) -> list[str]:
    """Name the partitions of the series in which most documents of a period have their numbers."""
    years = (int(period[:4]), int(period[:4]) + 1)
    return [series_partition(entity, year, kind) for kind in SeriesKind for year in years]


def compare_number(released: Released, stores: Stores) -> Iterator[Difference]:
    """Compare the number of a release with its series, and what it settled with its account."""
    named = _numbered(released, stores)
    if named != released.invoice:
        yield Difference.of(DifferenceKind.SERIES, released.number, released.invoice, named or NONE)
    if InvoiceId.parse(released.invoice).is_credit:
        return
    settled = stores.register.settlements(released.legal_entity, released.account)
    mine = {billing.number for billing in settled if billing.invoice == released.invoice}
    if mine != {released.number}:
        yield Difference.of(
            DifferenceKind.SETTLEMENT, released.number, ", ".join(sorted(mine)) or NONE, released.number
        )


def compare_slots(released: Released, wanted: tuple[BillingSlot, ...], stores: Stores) -> Iterator[Difference]:
    """Compare what a release billed of each month, as its account has it, with what its draft or request wanted."""
    slots = slots_taken(InvoiceId.parse(released.invoice), wanted, released.period)
    proved = {
        PeriodBilling(**slot.model_dump(), invoice=released.invoice, number=released.number, run=released.run)
        for slot in slots
    }
    settled = stores.register.settlements(released.legal_entity, released.account)
    stated = {billing for billing in settled if billing.invoice == released.invoice}
    if stated != proved:
        both = (sorted(map(_slot_text, billings)) for billings in (stated - proved, proved - stated))
        yield Difference.of(DifferenceKind.SETTLEMENT, released.number, *(", ".join(texts) or NONE for texts in both))


def _slot_text(billing: PeriodBilling) -> str:
    return f"{billing.period} {billing.ordinal} {billing.number} {billing.run}"


def _numbered(released: Released, stores: Stores) -> str | None:
    """Return which document the series name under a release's number: this one where any of them does."""
    try:
        number = DocumentNumber.parse(released.number)
    except NotFound:
        return None
    entity, register = released.legal_entity, stores.register
    named = [register.invoice_numbered(entity, number.year, number.ordinal, kind) for kind in SeriesKind]
    return released.invoice if released.invoice in named else next(filter(None, named), None)


def compare_blocks(blocks: Iterable[Block], series: Series) -> Iterator[Difference]:
    """Find gaps between blocks, numbers that two of them give, and documents that have two numbers."""
    expected = 1
    times: Counter[str] = Counter()
    for block in blocks:
        if block.first != expected:
            yield Difference.of(
                DifferenceKind.SERIES, series.name, f"a block from {block.first} on", f"the next number is {expected}"
            )
        times.update(block.invoices)
        expected = block.next
    for document, number in times.items():
        if number > 1:
            yield Difference.of(DifferenceKind.SERIES, series.name, f"{document} {number} times", "once")


def _compare_before(blocks: Iterable[Block], series: Series, stores: Stores) -> Iterator[Difference]:
    """Compare how many numbers were given before with what was taken over."""
    given = sum(block.given_before for block in blocks)
    fact = stores.register.openings.in_effect(series.entity)
    if fact is None and not given:
        return
    try:
        opening = stores.opening(series.entity)
    except (ImmutableDocument, NotFound):
        return  # the proof of the opening names it
    entity = stores.directory.legal_entity(series.entity)
    before = numbers_before(opening, entity) if opening is not None else ()
    stated = sum(number for known, number in before if known.partition == series.partition)
    if given != stated:
        stated_text = f"{stated} numbers were taken over"
        yield Difference.of(DifferenceKind.SERIES, series.name, f"{given} numbers were given before", stated_text)


def _unreleased(blocks: Iterable[Block], series: Series, period: str, stores: Stores) -> Iterator[Difference]:
    """Find the numbers of a period's documents that are not released under them."""
    for block in blocks:
        for ordinal, document in enumerate(block.invoices, start=block.first):
            if InvoiceId.parse(document).period != period:
                continue
            if stores.register.fact(document, RELEASED) is None:
                number = series.number(ordinal)
                yield Difference.of(DifferenceKind.SERIES, number, f"given to {document}", "it is not released")
