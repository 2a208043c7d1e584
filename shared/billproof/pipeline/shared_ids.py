"""What a run's statement says of ids that a source used for several accounts."""

from collections.abc import Iterator

from billproof.findings import Finding, Owner, Severity
from billproof.pipeline.artefacts import IDS_ELSEWHERE, SHARED_IDS, Artefacts
from billproof.pipeline.model import RunPlan
from billproof.pipeline.quarantine import unreadable_finding
from billproof.usage.tallies import SharedIds

SHARED_ID = "id_in_several_accounts"


def shared_id_findings(plan: RunPlan, artefacts: Artefacts) -> Iterator[Finding]:
    """Report the ids of a run that stand under several accounts, the first ones each with its places.

    Raises NotFound where the list of a run that was checked is gone.
    """
    if not (plan.is_checked or artefacts.exists(SHARED_IDS, plan.run)):
        return
    yield from _findings(artefacts.read(SHARED_IDS, plan.run))


def elsewhere_findings(run: str, artefacts: Artefacts) -> Iterator[Finding]:
    """Report the ids of a closed run that stand under accounts of other runs, once they were compared."""
    if artefacts.exists(IDS_ELSEWHERE, run):
        elsewhere = artefacts.read(IDS_ELSEWHERE, run)
        yield from _findings(elsewhere)
        yield from map(unreadable_finding, elsewhere.unreadable)


def _findings(shared: SharedIds) -> Iterator[Finding]:
    for one in shared.first:
        places = " and ".join(f"under {place.account} on {place.day}" for place in one.places)
        yield _finding(one.places[0].account, f"ids/{one.source}", f"id {one.id} of {one.source} stands {places}")
    if shared.number > len(shared.first):
        more = shared.number - len(shared.first)
        yield _finding("", "ids", f"{more} more ids stand under several accounts")


def _finding(account: str, path: str, message: str) -> Finding:
    return Finding(
        code=SHARED_ID,
        severity=Severity.WARNING,
        account=account,
        path=path,
        message=message,
        remedy="each counts, since an id belongs to its account: where one is a mistake, have the source retract it",
        owner=Owner.ENGINEERING,
        amount_at_risk=None,
    )
