"""Events of SES, as it sends them over EventBridge: those of the samples, and others like them."""

import json
from typing import Any

from billproof.adapters.aws.ses import read_ses_event
from billproof.invoicing.delivery_events import DeliveryProblem, record_delivery_problem
from billproof_ops.paths import ROOT
from tests.support.world import World

EVENTS = ROOT / "events" / "record_delivery_event"


def ses_event(name: str, number: int = 0) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(json.loads((EVENTS / name).read_text())["Records"][number]["body"])
    return body


def bounced(
    kind: str = "Permanent",
    *,
    to: tuple[str, ...] = ("ap@ua.example",),
    mail: str = "mail-1",
    is_reminder: bool = False,
    **changes: Any,
) -> DeliveryProblem:
    body = ses_event("good-bounced.json")
    detail = body["detail"]
    detail["bounce"] |= {"bounceType": kind, "bouncedRecipients": [{"emailAddress": address} for address in to]}
    detail["mail"] |= {"messageId": mail}
    if is_reminder:
        detail["mail"]["headers"].append({"name": "x-billproof-reminder", "value": "2013-02-05"})
    return read_ses_event(json.dumps({**body, **changes}))


def reminder_bounced(world: World) -> None:
    """Hear that a reminder did not arrive, and never will."""
    record_delivery_problem(bounced(is_reminder=True), register=world.register)
