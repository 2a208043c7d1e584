"""The template deployed once: to AWS_ENDPOINT_URL where it is set (LocalStack, say), else to a MiniStack of its own."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from billproof_ops import billing, exceptions
from billproof_ops import target as targets
from billproof_ops.demo import story
from billproof_ops.demo.feed import adopt_policies
from billproof_ops.local import server
from billproof_ops.local.deployed import outputs
from billproof_ops.local.emulators import enforces_roles
from billproof_ops.local.stack import fill
from billproof_ops.target import Target
from billproof_ops.waiting import until
from tests.support.chain import DRAIN_SECONDS, EUROPE, FLIGHTS, INC, JANUARY, drained, master_data, send, settled
from tests.support.tokens import USERS

DIVIDED = {"PartSize": "7"}
"""Of two legal entities one has more accounts: its runs are planned, and its months reconciled, part by part."""


def pages(folder: Path | None) -> dict[str, str]:
    """Let mails have links to the pages of customers, which have an API of their own where the emulator has any."""
    return {"CustomerPageUrl": "https://pages.skymeter.example" if folder is None else "api"}


@pytest.fixture(scope="session")
def own_folder(tmp_path_factory: pytest.TempPathFactory) -> Path | None:
    """Where the MiniStack of these tests keeps its state; None where another emulator is named."""
    return None if os.environ.get("AWS_ENDPOINT_URL") else tmp_path_factory.mktemp("ministack")


@pytest.fixture(scope="session")
def stack(own_folder: Path | None) -> Iterator[Target]:
    folder = own_folder
    if folder is None:
        targets.choose()
    else:
        os.environ.setdefault("SFN_WAIT_SCALE", "0.1")  # state machines try again after a tenth of their pauses
        found, _ = server.start(folder)
        targets.use_endpoint(found.endpoint)
        assert enforces_roles(found.endpoint) == (os.environ.get("AUTH") == "true")
    try:
        fill(USERS.parameters(os.environ["AWS_ENDPOINT_URL"]) | DIVIDED | pages(folder))
        yield Target(outputs=outputs())
    finally:
        if folder is not None:
            server.stop(folder)
            os.environ.pop("AWS_ENDPOINT_URL", None)


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
    adopt_policies(stack)
    messages = [body for body, _ in story.messages(iter(FLIGHTS), events_per_message=300)]
    send(stack, "UsageEventsQueueUrl", [*messages, '{"specversion": '])
    drained(stack, "UsageEventsQueueUrl")
    return stack


@pytest.fixture(scope="session")
def billed(loaded: Target) -> Target:
    """January is billed for both legal entities, posted and delivered; EV was held, and approved by a person."""
    for entity in (EUROPE, INC):
        billing.wait_for_run(loaded, billing.start_run(loaded, entity, JANUARY, who="carla").run_id)
    case = f"{INC}.{JANUARY}.EV.001"
    until(lambda: loaded.ports.exception_store.last_token(case), what="the wait", timeout_seconds=DRAIN_SECONDS)
    answer = exceptions.decide(loaded, case, "approved", who="ben", reason="they flew again next day")
    assert answer.outcome == "decided"
    (state,) = exceptions.exceptions_of(loaded, INC, JANUARY, all_of_them=True)
    until(lambda: exceptions.release_of(state, loaded), what="the release", timeout_seconds=DRAIN_SECONDS)
    for entity in (EUROPE, INC):
        settled(loaded, entity)
    return loaded
