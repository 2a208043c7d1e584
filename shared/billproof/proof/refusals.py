"""What a proof checks of the quarantine: that what a run listed is there, unchanged, and counted in its statement."""

from collections.abc import Iterator

from billproof.approvals.dismissing import why_not_dismissed
from billproof.conservation.service import Stores
from billproof.pipeline.artefacts import REFUSED
from billproof.pipeline.closing import quarantined_by_account
from billproof.pipeline.model import RunPlan, RunStatement
from billproof.proof.model import NONE, Difference, DifferenceKind
from billproof.usage import log
from billproof.usage.refused import dismissals, is_intact, quarantined_lines, refused_id


def compare_refusals(plan: RunPlan, statement: RunStatement, stores: Stores) -> Iterator[Difference]:
    """Name the objects of the quarantine that are gone or changed, and what the statement counts otherwise.

    An event that nobody entitled dismissed is named, too.
    """
    artefacts, objects = stores.artefacts, stores.objects
    if not artefacts.exists(REFUSED, plan.run):  # a run of before there was a list
        return
    listed = artefacts.read(REFUSED, plan.run)
    events = {event.id: event for event in listed.events}
    days = {event.day for event in events.values()}
    there = set(objects.keys("quarantine/"))
    stored: set[str] = set()
    for key in listed.objects:
        if key not in there:
            yield Difference.of(DifferenceKind.QUARANTINE, key, "an object that the run saw", NONE)
        elif log.day_of_key(key) in days:
            if is_intact(objects, key):
                stored |= {str(refused_id(line)) for line in quarantined_lines(objects, key)}
            else:
                yield Difference.of(DifferenceKind.QUARANTINE, key, "the content that named it", "other content")
    for missing in sorted(events.keys() - stored):
        yield Difference.of(DifferenceKind.QUARANTINE, missing, "a refused event of the run", NONE)
    history = stores.directory.policies.history(plan.legal_entity)
    for event, dismissal in sorted(dismissals(objects, days).items()):
        why_not = why_not_dismissed(dismissal, history) if event in events else None
        if why_not is not None:
            yield Difference.of(DifferenceKind.DISMISSAL, event, "dismissed", why_not)
    of_accounts, unattributed = quarantined_by_account(plan, artefacts, objects)
    counted = (of_accounts.total(), unattributed, sum(place.events for place in statement.quarantine))
    stated = (statement.quarantined, statement.quarantined_unattributed, len(events))
    if counted != stated:
        yield Difference.of(DifferenceKind.STATEMENT, plan.run, f"{stated} refused events", f"{counted}")
