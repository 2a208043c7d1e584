"""The template deployed once: to AWS_ENDPOINT_URL where it is set (LocalStack, say), else to a MiniStack of its own."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from billproof.adapters.aws.clients import client
from billproof_ops import target as targets
from billproof_ops.demo import story
from billproof_ops.local import server
from billproof_ops.local.deploy import outputs
from billproof_ops.local.emulators import enforces_roles, recognize
from billproof_ops.local.stack import fill
from billproof_ops.target import Target
from billproof_ops.waiting import until
from tests.support.lacking import LACKING
from tests.support.world import flight

DRAIN_SECONDS = 480  # a message of a call that died is visible again after 360
FLIGHTS = [
    *(flight(number, account="UA") for number in range(1, 1_201)),
    *(flight(number, account="UA", type="flight.cancelled") for number in range(2_001, 2_011)),
    *(flight(number, account="DL", data={"air_time": "600.5"}) for number in range(1, 1_001)),
    flight(1, account="B6", time="2013-01-31T23:30:00-05:00"),
    flight(1, account="EV", type="flight.cancelled"),  # nobody says what it costs: EV is held
]


def master_data() -> list[str]:
    """The demo's master data, and a version of EV's contract that does not exclude cancelled flights."""
    (contract,) = [each for each in story.master_data().contracts if each.account == "EV"]
    changed = contract.model_copy(update={"version": 2, "exclusions": ()})
    return [*story.master_data().messages(), changed.model_dump_json()]


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    folder: Path | None = None
    if os.environ.get("AWS_ENDPOINT_URL"):
        targets.choose()
    else:
        folder = tmp_path_factory.mktemp("ministack")
        found, _ = server.start(folder)
        targets.use_endpoint(found.endpoint)
        assert enforces_roles(found.endpoint) == (os.environ.get("AUTH") == "true")
    try:
        fill()
        yield Target(outputs=outputs())
    finally:
        if folder is not None:
            server.stop(folder)
            os.environ.pop("AWS_ENDPOINT_URL", None)


@pytest.fixture(autouse=True)
def _lacking(request: pytest.FixtureRequest, stack: Target) -> None:
    emulator = recognize(os.environ["AWS_ENDPOINT_URL"])
    reason = LACKING.get(emulator, {}).get(getattr(request.node, "originalname", request.node.name))
    if reason is not None:
        pytest.skip(f"{emulator}: {reason}")


def send(target: Target, queue: str, bodies: list[str]) -> None:
    for body in bodies:
        client("sqs").send_message(QueueUrl=target.outputs[queue], MessageBody=body)


def drained(target: Target, queue: str) -> None:
    until(
        lambda: True if target.queue_depth(queue) == 0 else None,
        what=f"draining {queue}",
        timeout_seconds=DRAIN_SECONDS,
    )


@pytest.fixture(scope="session")
def loaded(stack: Target) -> Target:
    """The master data is in, and so are FLIGHTS, a broken message among them."""
    send(stack, "ContractEventsQueueUrl", master_data())
    until(
        lambda: True if len(list(stack.ports.directory.members("skymeter-inc"))) == 13 else None,
        what="loading the contracts",
        timeout_seconds=DRAIN_SECONDS,
    )
    drained(stack, "ContractEventsQueueUrl")
    messages = [body for body, _ in story.messages(iter(FLIGHTS), events_per_message=300)]
    send(stack, "UsageEventsQueueUrl", [*messages, '{"specversion": '])
    drained(stack, "UsageEventsQueueUrl")
    return stack
