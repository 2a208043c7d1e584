"""What a run states of the quarantine: by place, by what became of each event, and what the open ones are worth."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping

from billproof.findings import Finding, Owner, Severity
from billproof.money import Money
from billproof.nets import Net
from billproof.pipeline.artefacts import AGGREGATION_PLAN, BATCH_PLAN, PRICED, REFUSED, TALLY, Artefacts
from billproof.pipeline.model import RunPlan
from billproof.ports import Objects
from billproof.pricing.estimates import worth_of_events
from billproof.usage.keys import bucket_name
from billproof.usage.refusal_model import PlaceKind, QuarantinedAt, RefusedEvent, RefusedState
from billproof.usage.refused import Identity, dismissals

type Place = tuple[PlaceKind, str]


def quarantine_of(
    plan: RunPlan, artefacts: Artefacts, objects: Objects, troubles: list[Finding] | None = None
) -> list[QuarantinedAt]:
    """Return what a run states of the quarantine, place by place; nothing for a run of before there was a list.

    A place whose estimate raises has none: `troubles` is told why, and which objects could not be read.
    """
    if not artefacts.has_list(REFUSED, plan):
        return []
    listed = artefacts.read(REFUSED, plan.run)
    findings = troubles if troubles is not None else []
    findings += [unreadable_finding(key) for key in listed.unreadable]
    events = listed.events
    resent = resent_of(plan, artefacts) if events else set()
    states = states_of(events, resent, objects, lambda key: findings.append(unreadable_finding(key)))
    places: dict[Place, list[RefusedEvent]] = {}
    for event in events:
        places.setdefault((event.kind, event.place), []).append(event)
    net = Net("close_billing_run")

    def worth(account: str, waiting: Iterable[RefusedEvent]) -> Money | None:
        return net.catch(account, lambda: _worth(account, waiting, plan, artefacts), findings.append)

    return [_at(place, of_place, states, worth) for place, of_place in sorted(places.items())]


def states_of(
    events: Iterable[RefusedEvent],
    resent: set[Identity],
    objects: Objects,
    unreadable: Callable[[str], object] = lambda _key: None,
) -> dict[str, tuple[RefusedState, str]]:
    """Return the state of each event by its id, and who dismissed it and why.

    A dismissal that no longer reads counts for nothing: `unreadable` is told of it.
    """
    events = list(events)
    dismissed = dismissals(objects, {event.day for event in events}, unreadable)
    states: dict[str, tuple[RefusedState, str]] = {}
    for event in events:
        decision = dismissed.get(event.id)
        if event.identity in resent:  # it is billed, whatever somebody decided before
            states[event.id] = (RefusedState.RESENT, "")
        elif decision is not None:
            states[event.id] = (RefusedState.DISMISSED, f"{decision.dismissed_by}: {decision.reason}")
        else:
            states[event.id] = (RefusedState.OPEN, "")
    return states


def unreadable_finding(key: str) -> Finding:
    """Report an object that is gone, or that no longer holds what named it: no event of it is in any count."""
    return Finding(
        code="object_unreadable",
        severity=Severity.WARNING,
        account="",
        path=key,
        message=f"{key} cannot be read: it is gone, or not what was written",
        remedy="restore it from an earlier version of the bucket: docs/runbooks/internal-errors.md says how",
        owner=Owner.ENGINEERING,
    )


def resent_of(plan: RunPlan, artefacts: Artefacts) -> set[Identity]:
    """Return the sources and ids of refused events that a run found among what was accepted."""
    tallies = (artefacts.read(TALLY, plan.run, bucket_name(bucket)) for bucket in plan.buckets)
    return {identity for tally in tallies for identity in tally.resent}


def _at(
    place: Place,
    events: list[RefusedEvent],
    states: Mapping[str, tuple[RefusedState, str]],
    worth: Callable[[str, Iterable[RefusedEvent]], Money | None],
) -> QuarantinedAt:
    kind, name = place
    counts = Counter(states[event.id][0] for event in events)
    waiting = [event for event in events if states[event.id][0] is RefusedState.OPEN]
    return QuarantinedAt(
        kind=kind,
        place=name,
        events=len(events),
        late=sum(event.is_late for event in events),
        open=counts[RefusedState.OPEN],
        resent=counts[RefusedState.RESENT],
        dismissed=counts[RefusedState.DISMISSED],
        reasons=dict(sorted(Counter(event.reason for event in waiting).items())),
        worth=worth(name, waiting) if kind is PlaceKind.ACCOUNT and waiting else None,
    )


def _worth(account: str, events: Iterable[RefusedEvent], plan: RunPlan, artefacts: Artefacts) -> Money | None:
    """Estimate what refused events are worth: as much each as the account's own events of their type."""
    kinds = Counter(event.type for event in events)
    if None in kinds:
        return None
    by_type = {kind: number for kind, number in kinds.items() if kind is not None}
    for batch in _batches_of(account, plan, artefacts):
        batch_plan = artefacts.read(BATCH_PLAN, plan.run, batch)
        pricing = artefacts.read(PRICED, plan.run, batch).accounts
        for terms, priced in zip(batch_plan.accounts, pricing, strict=True):
            if account in {member.id for member in terms.members}:
                return worth_of_events(terms, priced.own, by_type, plan=batch_plan)
    return None


def _batches_of(account: str, plan: RunPlan, artefacts: Artefacts) -> Iterator[str]:
    """Yield the batch that bills an account: each bucket's plan is read until one has a window of it."""
    for bucket in plan.buckets:
        aggregation = artefacts.read(AGGREGATION_PLAN, plan.run, bucket_name(bucket))
        yield from {window.batch for window in aggregation.windows if window.account == account}


def quarantine_findings(places: Iterable[QuarantinedAt], period: str) -> Iterator[Finding]:
    """Report each place where refused events wait for a person."""
    for place in places:
        if place.open:
            reasons = ", ".join(f"{number} {reason}" for reason, number in place.reasons.items())
            whose = f"{place.kind.value.replace('_', ' ')} {place.place}".strip()
            yield Finding(
                code="usage_in_quarantine",
                severity=Severity.WARNING,
                account=place.place if place.kind is PlaceKind.ACCOUNT else "",
                path=f"quarantine/{place.kind}/{place.place}",
                message=f"{place.open} refused events of {whose} wait in quarantine: {reasons}",
                remedy=f"billproof quarantine list, period {period}: remove the cause and resend them, or dismiss them",
                owner=Owner.ENGINEERING,
                amount_at_risk=place.worth,
            )
