"""What an account has used of a month that is under way, and what it comes to so far."""

from collections.abc import Sequence
from datetime import datetime

from billproof.findings import Finding
from billproof.model import Model
from billproof.money import Money
from billproof.periods import instant_text
from billproof.pipeline.artefacts import BATCH_PLAN, RUN_PLAN, Artefacts
from billproof.pipeline.previewing import PREVIEW, Previewed, PreviewSources, preview
from billproof.pipeline.usages import read_usages
from billproof.readings import Quantity
from billproof.usage.model import AccountUsage, EventCounts


class RunningUsage(Model):
    """What an account has used of a month at a moment: its whole quantities, its events, and its invoice so far.

    `net` and `gross` are null where no invoice could be drafted; the findings say why.
    """

    account: str
    period: str
    at: str
    counts: EventCounts
    quantities: tuple[Quantity, ...]
    net: Money | None
    gross: Money | None
    findings: tuple[Finding, ...]


def running_usage(
    *, legal_entity: str, account: str, period: str, sources: PreviewSources, now: datetime
) -> RunningUsage:
    """Return what an account has used so far, from compacted days and the segments that are newer; nothing is kept.

    Raises what `preview` raises.
    """
    previews = preview(legal_entity=legal_entity, period=period, accounts=[account], sources=sources, now=now)
    usage = _usage(Artefacts(sources.objects), account, period)
    mine = _of(previews, account)
    totals = mine.invoice.totals if mine is not None and mine.invoice is not None else None
    return RunningUsage(
        account=account,
        period=period,
        at=instant_text(now),
        counts=usage.counts if usage is not None else EventCounts.zero(),
        quantities=tuple(quantity for quantity in usage.quantities if not quantity.part) if usage is not None else (),
        net=totals.net if totals is not None else None,
        gross=totals.gross if totals is not None else None,
        findings=mine.findings if mine is not None else (),
    )


def _usage(artefacts: Artefacts, account: str, period: str) -> AccountUsage | None:
    """Return what the preview's aggregation found of the account's own events in the month."""
    for batch in artefacts.read(RUN_PLAN, PREVIEW).batches:
        buckets = artefacts.read(BATCH_PLAN, PREVIEW, batch).buckets
        usage = read_usages(artefacts, PREVIEW, batch, buckets).get((account, period))
        if usage is not None:
            return usage
    return None


def _of(previews: Sequence[Previewed], account: str) -> Previewed | None:
    """Return the preview of an account; a child has that of its parent."""
    own = (previewed for previewed in previews if previewed.account == account)
    return next(own, previews[0] if previews else None)
