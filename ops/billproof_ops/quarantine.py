"""What the command does with refused events: list them as they are now, send them again, dismiss them."""

from collections.abc import Iterable

from billproof.adapters.aws.clients import client
from billproof.approvals.actions import OperatorAction
from billproof.audit.naming import SHARED
from billproof.pipeline.attribution import Attribution
from billproof.pipeline.refused_lists import RefusedDetails, RefusedRows, refused_details, refused_rows
from billproof.usage.refusal_model import Dismissal
from billproof.usage.refused import find_refused
from billproof_ops import api
from billproof_ops.actions import recorded
from billproof_ops.target import Target


def rows(target: Target, legal_entity: str, period: str, *, all_of_them: bool) -> RefusedRows:
    """Return the refused events of a legal entity and month: those that wait for a person, or all."""
    ports = target.ports
    return refused_rows(
        legal_entity,
        period,
        directory=ports.directory,
        objects=ports.objects,
        buckets=ports.buckets(),
        all_of_them=all_of_them,
    )


def details(target: Target, event: str) -> RefusedDetails:
    """Return a refused event as it came, whose it is, and what became of it; raises NotFound."""
    ports = target.ports
    return refused_details(event, directory=ports.directory, objects=ports.objects, buckets=ports.buckets())


def dismiss_event(target: Target, event: str, *, who: str | None, reason: str) -> Dismissal:
    """Dismiss a refused event, as the person whose credentials the command has. Raises RefusedCall and WrongUse."""
    request = {"event": event, "reason": reason}
    return Dismissal.model_validate(api.call(target, api.DISMISS, request, who=who))


def resend(target: Target, events: Iterable[str], *, who: str | None = None) -> int:
    """Send refused events again, as they came; return how many. It is safe to repeat: an event counts once.

    Who has each of them sent is recorded in the audit chain of the legal entity that states it.
    """
    sent, attribution = 0, Attribution(target.ports.directory)
    for event in events:
        line = find_refused(event, target.ports.objects)
        entity, _ = attribution.of(line)
        refused = f"refused: {line.reason}"
        with recorded(
            target, OperatorAction.RESEND_EVENT, event, who=who, before=refused, legal_entity=entity or SHARED
        ) as outcome:
            client("sqs").send_message(QueueUrl=target.outputs["UsageEventsQueueUrl"], MessageBody=line.raw)
            outcome.after = "sent to its queue"
        sent += 1
    return sent
