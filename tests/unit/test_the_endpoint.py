"""AWS_ENDPOINT_URL names the AWS that every verb works on: where it is set, no server is started beside it."""

import os
from typing import Any

import pytest

from billproof_ops import target as targets
from billproof_ops.local import containers, server, stack
from billproof_ops.local.emulators import Emulator


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The endpoints that are deployed to; no emulator is asked, and nothing is deployed."""
    to: list[str] = []
    monkeypatch.setattr(stack, "recognize", lambda _endpoint: Emulator.LOCALSTACK)
    monkeypatch.setattr(stack, "outputs", lambda: {"ApiId": "a"})
    monkeypatch.setattr(containers, "write", lambda _outputs, endpoint: to.append(f"sam: {endpoint}"))

    def fill(_more: object) -> bool:
        to.append(os.environ["AWS_ENDPOINT_URL"])
        return True

    monkeypatch.setattr(stack, "fill", fill)
    monkeypatch.setattr(targets, "use_endpoint", lambda url: monkeypatch.setenv("AWS_ENDPOINT_URL", url))
    return to


def test_an_endpoint_that_is_set_is_deployed_to_and_no_server_is_started(
    deployed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(*_: Any, **__: Any) -> Any:
        pytest.fail("a server was started")

    monkeypatch.setattr(server, "start", start)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://localhost:4566")
    running = stack.up()
    assert deployed == ["http://localhost:4566", "sam: http://localhost:4566"]
    assert (running.endpoint, running.pid, running.deployed) == ("http://localhost:4566", None, True)


def test_without_one_the_embedded_aws_is_started_and_deployed_to(
    deployed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setattr(server, "killed", lambda: False)
    monkeypatch.setattr(server, "saved_at", lambda: None)
    started = type("Running", (), {"endpoint": "http://127.0.0.1:1", "pid": 7})()
    monkeypatch.setattr(server, "start", lambda **_: (started, False))
    running = stack.up()
    assert deployed == ["http://127.0.0.1:1", "sam: http://127.0.0.1:1"]
    assert (running.endpoint, running.pid) == ("http://127.0.0.1:1", 7)
