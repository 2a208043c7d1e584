"""The local stack as people use it: server and deployment together."""

import os
from collections.abc import Callable, Mapping

from billproof.adapters.aws.clients import client
from billproof_ops import target as targets
from billproof_ops.local import containers, salesforce_secrets, server, stripe_secrets
from billproof_ops.local.deploy import deploy
from billproof_ops.local.deployed import outputs
from billproof_ops.local.differences import ARCHIVE
from billproof_ops.local.emulators import recognize
from billproof_ops.local.locks import locked
from billproof_ops.local.packaging import declared
from billproof_ops.local.settings_by_api import ensure_archive
from billproof_ops.model import Shown
from billproof_ops.paths import LOCAL

PARAMETERS = {
    "Stage": "local",
    "BucketCount": "4",
    "BatchConcurrency": "1",  # the numbers of invoices then follow the order of batches, whatever runs faster
    "QueueConcurrency": "2",
    "MailConcurrency": "2",
    "MailsASecond": "1000",
    "ScheduleState": "DISABLED",
    "SenderAddress": "billing@skymeter.example",
}


class Stack(Shown):
    """The local stack."""

    endpoint: str
    pid: int | None
    deployed: bool
    state_wiped: bool
    goes_on_from: str | None = None
    """Where the server was killed: the moment of the copy that it goes on from."""
    outputs: dict[str, str]


def up(owner: str = server.PERSON, more: Callable[[], Mapping[str, str]] = dict) -> Stack:
    """Deploy to AWS_ENDPOINT_URL where that is set, else to MiniStack, which is started where it is down.

    `more` is asked for further parameters once the emulator is up. Raises OpsError where no emulator answers at
    AWS_ENDPOINT_URL.
    """
    if os.environ.get("AWS_ENDPOINT_URL"):
        targets.choose()
        endpoint = os.environ["AWS_ENDPOINT_URL"]
        recognize(endpoint)
        deployed, known = fill(more()), outputs()
        containers.write(known, endpoint)
        return Stack(endpoint=endpoint, pid=None, deployed=deployed, state_wiped=False, outputs=known)
    was_killed, saved = server.killed(), server.saved_at()
    running, wiped = server.start(owner=owner)
    targets.use_endpoint(running.endpoint)
    deployed, known = fill(more()), outputs()
    containers.write(known, running.endpoint)
    return Stack(
        endpoint=running.endpoint,
        pid=running.pid,
        deployed=deployed,
        state_wiped=wiped,
        goes_on_from=f"{saved:%Y-%m-%d %H:%M:%S} UTC" if was_killed and saved and not wiped else None,
        outputs=known,
    )


def fill(more: Mapping[str, str] | None = None) -> bool:
    """Deploy to the emulator of this process, with what its CloudFormation does not make; say whether code changed.

    `more` are parameters beside those of the local stack. Of two that deploy at once the second waits for the first,
    and finds nothing to do.
    """
    with locked(LOCAL / "deploying"):
        return _fill(PARAMETERS | dict(more or {}))


def _fill(parameters: dict[str, str]) -> bool:
    parameters = stripe_secrets.parameters() | salesforce_secrets.parameters() | parameters
    deployed = deploy(parameters)
    client("ses").verify_email_identity(EmailAddress=PARAMETERS["SenderAddress"])
    stack_outputs = outputs()
    (archive,) = [resource for resource in declared(parameters).values() if resource["Type"] == ARCHIVE]
    ensure_archive(
        name=stack_outputs["UsageArchiveName"], bus_arn=stack_outputs["UsageBusArn"], properties=archive["Properties"]
    )
    return deployed
