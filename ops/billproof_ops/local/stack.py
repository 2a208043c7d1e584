"""The local stack as people use it: server and deployment together."""

from billproof.adapters.aws.clients import client
from billproof_ops.local import server
from billproof_ops.local.deploy import deploy, outputs
from billproof_ops.local.differences import ARCHIVE
from billproof_ops.local.packaging import declared
from billproof_ops.local.settings_by_api import ensure_archive
from billproof_ops.model import Shown
from billproof_ops.target import use_endpoint

PARAMETERS = {
    "Stage": "local",
    "BucketCount": "4",
    "BatchConcurrency": "1",  # the numbers of invoices then follow the order of batches, whatever runs faster
    "QueueConcurrency": "2",
    "ScheduleState": "DISABLED",
    "SenderAddress": "billing@skymeter.example",
}


class Stack(Shown):
    """The local stack."""

    endpoint: str
    pid: int
    deployed: bool
    state_wiped: bool
    outputs: dict[str, str]


def up(owner: str = server.PERSON) -> Stack:
    """Start MiniStack where it is down, and deploy where the code has changed."""
    running, wiped = server.start(owner=owner)
    use_endpoint(running.endpoint)
    deployed = fill()
    return Stack(endpoint=running.endpoint, pid=running.pid, deployed=deployed, state_wiped=wiped, outputs=outputs())


def fill() -> bool:
    """Deploy to the emulator of this process, with what its CloudFormation does not make; say whether code changed."""
    deployed = deploy(PARAMETERS)
    client("ses").verify_email_identity(EmailAddress=PARAMETERS["SenderAddress"])
    stack_outputs = outputs()
    (archive,) = [resource for resource in declared(PARAMETERS).values() if resource["Type"] == ARCHIVE]
    ensure_archive(
        name=stack_outputs["UsageArchiveName"], bus_arn=stack_outputs["UsageBusArn"], properties=archive["Properties"]
    )
    return deployed
