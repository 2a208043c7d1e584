"""A deployment that an emulator calls complete and that is not there has failed."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from botocore.exceptions import ClientError
from pytest_socket import enable_socket

from billproof.adapters.aws.faults import is_unknown_action
from billproof.adapters.aws.stepfunctions import StepFunctionsTokens
from billproof.errors import ExternalServiceUnavailable
from billproof_ops.errors import OpsError
from billproof_ops.local import stack
from billproof_ops.local.deploy import _check
from billproof_ops.local.emulators import Emulator, enforces_roles, recognize

TOKEN = "t"  # noqa: S105 - a task token


def refusal(code: str, status: int) -> ClientError:
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "Action")  # type: ignore[typeddict-item]


def test_a_stack_without_outputs_was_not_deployed() -> None:
    with pytest.raises(OpsError, match=r"has no outputs.*start the emulator anew"):
        _check({})


@pytest.mark.parametrize("value", ["unknown", "https://host/unknown"])
def test_an_output_that_the_emulator_does_not_know_was_not_deployed(value: str) -> None:
    with pytest.raises(OpsError, match=r"passed over.*: ApiUrl$"):
        _check({"Bucket": "b", "ApiUrl": value})
    _check({"Bucket": "unknown-but-a-name"})


@pytest.mark.parametrize(
    ("code", "status", "expected"),
    [
        ("InvalidAction", 400, True),
        ("UnknownOperationException", 400, True),
        ("InternalFailure", 501, True),
        ("InternalFailure", 500, False),
        ("ExecutionDoesNotExist", 400, False),
    ],
)
def test_what_an_endpoint_lacks_is_told_from_what_it_refuses(code: str, status: int, *, expected: bool) -> None:
    assert is_unknown_action(refusal(code, status)) is expected


class Answering:
    def __init__(self, error: ClientError | None) -> None:
        self.error = error

    def send_task_success(self, **_: Any) -> None:
        if self.error:
            raise self.error


def test_a_token_that_nobody_waits_under_was_answered_before() -> None:
    assert StepFunctionsTokens(Answering(None)).answer(token=TOKEN, document={})
    for code in ("TaskDoesNotExist", "TaskTimedOut", "InvalidToken"):
        assert not StepFunctionsTokens(Answering(refusal(code, 400))).answer(token=TOKEN, document={})
    with pytest.raises(ExternalServiceUnavailable):
        StepFunctionsTokens(Answering(refusal("ThrottlingException", 400))).answer(token=TOKEN, document={})


@pytest.fixture
def pages() -> Iterator[tuple[str, dict[str, Any]]]:
    enable_socket()
    known: dict[str, Any] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path in known else 404)
            self.end_headers()
            self.wfile.write(json.dumps(known.get(self.path)).encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", known
    server.shutdown()
    server.server_close()


def test_each_emulator_is_told_by_its_health(pages: tuple[str, dict[str, Any]]) -> None:
    endpoint, known = pages
    known["/_localstack/health"] = {"services": {}, "version": "2026.3.0"}
    assert (recognize(endpoint), enforces_roles(endpoint)) == (Emulator.LOCALSTACK, False)
    known["/_ministack/health"] = {"services": {}, "auth": "enabled"}
    assert (recognize(endpoint), enforces_roles(endpoint)) == (Emulator.MINISTACK, True)
    known["/_ministack/health"] = {"services": {}, "auth": "disabled"}
    assert (recognize(endpoint), enforces_roles(endpoint)) == (Emulator.MINISTACK, False)
    known.clear()
    with pytest.raises(OpsError, match="neither MiniStack nor LocalStack"):
        recognize(endpoint)


def test_of_two_that_deploy_at_once_the_second_waits_for_the_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    begun: list[str] = []
    two_at_once = Event()

    def fill(_parameters: dict[str, str]) -> bool:
        begun.append("one")
        if len(begun) == 1:
            two_at_once.wait(0.3)
            begun.append("the first has ended")
        else:
            two_at_once.set()
        return True

    monkeypatch.setattr(stack, "LOCAL", tmp_path)
    monkeypatch.setattr(stack, "_fill", fill)
    both = [Thread(target=stack.fill) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join(10)
    assert begun == ["one", "the first has ended", "one"]
