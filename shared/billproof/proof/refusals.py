"""What a proof checks of the quarantine: that what a run listed is there, unchanged, and counted in its statement."""

from collections.abc import Container, Iterator

from billproof.approvals.dismissing import why_not_dismissed
from billproof.conservation.service import Stores
from billproof.pipeline.artefacts import REFUSED
from billproof.pipeline.closing import quarantined_by_account
from billproof.pipeline.model import RunPlan, RunStatement
from billproof.ports import Objects
from billproof.proof.model import NONE, Difference, DifferenceKind
from billproof.usage import log
from billproof.usage.refusal_model import PlaceKind, RunRefusals
from billproof.usage.refused import dismissals, quarantined_lines, refused_id

NAMED, QUARANTINE = "the content that named it", "quarantine/"


def compare_refusals(plan: RunPlan, statement: RunStatement | None, stores: Stores) -> Iterator[Difference]:
    """Name the objects of the quarantine that are gone or changed, and what the statement counts otherwise.

    An event that nobody entitled dismissed is named, too. A statement that is lost counts nothing.
    """
    artefacts = stores.artefacts
    if not artefacts.has_list(REFUSED, plan):  # a run of before there was a list
        return
    listed = artefacts.read(REFUSED, plan.run)
    yield from _changed_objects(listed, stores.objects, set(stores.objects.keys(QUARANTINE)))
    yield from _wrong_dismissals(listed, stores)
    if statement is None:
        return
    of_accounts, unattributed = quarantined_by_account(plan, artefacts, stores.objects)
    counted = (of_accounts.total(), unattributed, sum(place.events for place in statement.quarantine))
    stated = (statement.quarantined, statement.quarantined_unattributed, len(listed.events))
    if counted != stated:
        yield Difference.of(DifferenceKind.STATEMENT, plan.run, f"{stated} refused events", f"{counted}")


def compare_refusals_of(accounts: Container[str], plan: RunPlan, stores: Stores) -> Iterator[Difference]:
    """Name what is gone or changed of the refused events of some accounts, or was dismissed by nobody entitled."""
    if not stores.artefacts.has_list(REFUSED, plan):
        return
    listed = stores.artefacts.read(REFUSED, plan.run)
    mine = tuple(event for event in listed.events if event.kind is PlaceKind.ACCOUNT and event.place in accounts)
    days = sorted({event.day for event in mine})
    there = {key for day in days for key in stores.objects.keys(log.quarantine_prefix(day))}
    objects = tuple(key for key in listed.objects if log.day_of_key(key) in days)
    theirs = listed.model_copy(update={"events": mine, "objects": objects, "unreadable": ()})
    yield from _changed_objects(theirs, stores.objects, there)
    yield from _wrong_dismissals(theirs, stores)


def _changed_objects(listed: RunRefusals, objects: Objects, there: Container[str]) -> Iterator[Difference]:
    days = {event.day for event in listed.events}
    stored: set[str] = set()
    for key in listed.objects:
        if key not in there:
            yield Difference.of(DifferenceKind.QUARANTINE, key, "an object that the run saw", NONE)
        elif log.day_of_key(key) in days:
            lines = quarantined_lines(objects, key)
            stored |= {str(refused_id(line)) for line in lines or ()}
            if lines is None:
                yield Difference.of(DifferenceKind.QUARANTINE, key, NAMED, "other content")
    for key in listed.unreadable:  # once it is restored, a later run states what it holds
        if key.startswith(QUARANTINE) and quarantined_lines(objects, key) is None:
            yield Difference.of(DifferenceKind.QUARANTINE, key, NAMED, "what no run could read")
    for missing in sorted({event.id for event in listed.events} - stored):
        yield Difference.of(DifferenceKind.QUARANTINE, missing, "a refused event of the run", NONE)


def _wrong_dismissals(listed: RunRefusals, stores: Stores) -> Iterator[Difference]:
    events = {event.id: event for event in listed.events}
    broken: list[str] = []
    dismissed = dismissals(stores.objects, {event.day for event in events.values()}, broken.append)
    history = stores.directory.policies.history(listed.legal_entity)
    for event, dismissal in sorted(dismissed.items()):
        why_not = why_not_dismissed(dismissal, history) if event in events else None
        if why_not is not None:
            yield Difference.of(DifferenceKind.DISMISSAL, event, "dismissed", why_not)
    for key in broken:
        yield Difference.of(DifferenceKind.DISMISSAL, key, "a dismissal", "what cannot be read")
