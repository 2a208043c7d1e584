"""The local stack as people use it: server and deployment together."""

from billproof.adapters.aws.clients import client
from billproof_ops.local import server
from billproof_ops.local.deploy import STACK, deploy, ensure_archive, outputs
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
    """Start the server where it is down, and deploy where the code has changed."""
    found, wiped = server.start(owner=owner)
    use_endpoint(found.endpoint)
    deployed = deploy(PARAMETERS)
    client("sesv2").create_email_identity(EmailIdentity=PARAMETERS["SenderAddress"])
    ensure_archive(outputs(STACK))
    return Stack(endpoint=found.endpoint, pid=found.pid, deployed=deployed, state_wiped=wiped, outputs=outputs(STACK))
