"""Waiting for a queue: it ends when the queue is empty, and as soon as its messages are known to fail."""

from itertools import chain, repeat
from types import SimpleNamespace
from typing import Any

import pytest

from billproof_ops import queues
from billproof_ops.errors import OpsError
from billproof_ops.failures import FailedMessage


def target(*depths: int) -> Any:
    """Return a target whose queue holds so many messages, one look after the other, and then what it held last."""
    seen = chain(depths, repeat(depths[-1]))
    return SimpleNamespace(queue_depth=lambda _: next(seen), outputs={})


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queues, "STALLED_SECONDS", 0)
    monkeypatch.setattr("billproof_ops.waiting.POLL_SECONDS", 0)


def wait(target: Any, seconds: float = 60) -> None:
    queues.wait_until_empty(target, "ContractEventsQueueUrl", what="loading", timeout_seconds=seconds)


def test_a_queue_is_empty_when_it_is_so_twice_in_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queues, "failures_since", lambda *_, **__: [])
    wait(target(3, 0, 1, 0, 0))


def test_messages_that_fail_are_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    failed = [FailedMessage(message_id=name, error="invalid_input") for name in ("m-1", "m-2", "m-1")]
    monkeypatch.setattr(queues, "failures_since", lambda *_, **__: failed)
    with pytest.raises(OpsError, match="2 messages of ContractEvents fail, such as m-1 with invalid_input"):
        wait(target(2))


def test_messages_that_became_dead_letters_are_said_where_the_queue_is_empty_of_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines = [FailedMessage(message_id=name, error="unreadable") for name in ["m-1"] * queues.TRIES + ["m-2"]]
    monkeypatch.setattr(queues, "failures_since", lambda *_, **__: lines)
    with pytest.raises(OpsError, match="1 messages of ContractEvents fail, such as m-1 with unreadable"):
        wait(target(0))


def test_a_message_that_was_taken_at_a_later_try_stops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = FailedMessage(message_id="m-1", error="external_service_unavailable")
    monkeypatch.setattr(queues, "failures_since", lambda *_, **__: [taken])
    wait(target(0))


def test_a_queue_that_is_only_slow_is_waited_for_until_the_time_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queues, "failures_since", lambda *_, **__: [])
    with pytest.raises(OpsError, match="loading took longer"):
        wait(target(2), seconds=0)
