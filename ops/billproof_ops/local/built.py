"""Every sample event, answered by what `sam build` made, under the runtime emulator that `sam local invoke` uses.

runtime interface emulator -> Lambda's runtime client -> the built function with its built layers -> AWS_ENDPOINT_URL

`sam local invoke` puts the same into a container. Here the layers are built for this machine's processor.
"""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

from billproof.adapters.aws.clients import client
from billproof_ops.errors import OpsError
from billproof_ops.local.packaging import declared
from billproof_ops.local.server import free_port
from billproof_ops.local.stack import PARAMETERS, up
from billproof_ops.local.stand_in import Containers, docker
from billproof_ops.paths import FUNCTIONS_PYTHON, ROOT
from billproof_ops.target import Target
from billproof_ops.waiting import until

BUILT = ROOT / ".aws-sam" / "x86_64"
EMULATOR = "samcli/local/rapid/aws-lambda-rie-x86_64"
PAGE = ROOT / "docs" / "develop.md"
_SAM = re.compile(r"sam build && (sam local invoke .+?) *(?:#.*)?")
PATH = "/2015-03-31/functions/function/invocations"
START_SECONDS = 60
ANSWER_SECONDS = 120
LEAST_PRESENT = 10
"""Of how many sample events at most one may name what the stack does not have."""

NOT_OF_THE_DEMO = frozenset(
    {
        "dispute_invoice/good-a-part-of-a-line.json",  # its invoice is paid
        "request_credit/good-uncollectible.json",  # as this one's is
        "receive_stripe_event/good-a-charge.json",  # no secret of the demo signed it
        "receive_stripe_event/good-about-something-else.json",
        "serve_customer_page/good-a-page.json",  # the token of a link is stored nowhere, so the demo has no such link
        "serve_customer_page/good-a-file.json",
        "take_statement/good-camt053-twice.json",  # its file is in no bucket
        "api_contracts/good-simulation.json",  # its month is closed
        "plan_billing_run/good-a-month.json",  # as this one's is
        "request_run/good-one-account.json",
    }
)
"""Sample events that the demo's data refuse: the tests of the stack play them on theirs."""


def main() -> int:
    """Invoke every built function with its sample events; exit 1 where an answer is not what the event's name says."""
    up()
    target = Target.find()
    wrong = absent = answered = 0
    for folder in sorted((ROOT / "events").iterdir()):
        samples = sorted(folder.glob("*.json")) if folder.is_dir() else []
        if not samples or not (ROOT / "functions" / folder.name).is_dir():
            continue
        with running(folder.name, target) as url:
            for sample in samples:
                answer = _invoke(url, sample.read_bytes())
                answered += 1
                is_other = is_absent(answer) or f"{folder.name}/{sample.name}" in NOT_OF_THE_DEMO
                if is_other and not sample.name.startswith("bad-"):
                    absent += 1
                elif is_refused(answer) != sample.name.startswith("bad-"):
                    wrong += 1
                    sys.stderr.write(f"{folder.name}/{sample.name}: {json.dumps(answer)[:400]}\n")
    wrong += not answers_sam(of_page())
    answered += 1
    said = f"{answered} sample events answered by what was built, {wrong} not as they should be"
    sys.stdout.write(f"{said}; {absent} name what the demo does not have\n")
    return 1 if wrong or absent * LEAST_PRESENT > answered else 0


def of_page() -> list[str]:
    """Return the command that the page shows to whoever has Docker."""
    (shown,) = filter(None, map(_SAM.fullmatch, PAGE.read_text().splitlines()))
    return shown[1].split()


def answers_sam(command: list[str]) -> bool:
    """Run a command of the page as it is, on what was built for this machine; say whether sam printed a good answer.

    In place of Docker's daemon there is a stand-in, which runs what sam puts into a container.
    """
    (emulator,) = (ROOT / ".tools").glob(f"lib/*/site-packages/{EMULATOR}")
    with tempfile.TemporaryDirectory() as folder:
        containers = Containers(emulator, FUNCTIONS_PYTHON, Path(folder))
        places = ["--template", str(BUILT / "template.yaml"), "--config-file", str(ROOT / "samconfig.toml")]
        with docker(containers) as address:
            mine = {**os.environ, "DOCKER_HOST": address, "SAM_CLI_TELEMETRY": "0"}
            del mine["AWS_ENDPOINT_URL"]
            done = subprocess.run(
                [str(ROOT / ".tools" / "bin" / command[0]), *command[1:], *places],
                cwd=ROOT,
                env=mine,
                capture_output=True,
                text=True,
                check=False,
            )
    try:
        answer = json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        answer = {"errorType": "no answer"}
    if done.returncode == 0 and not is_refused(answer) and not is_absent(answer):
        return True
    sys.stderr.write(f"{' '.join(command)}: {json.dumps(answer)[:400]}\n{done.stderr[-2_000:]}\n")
    return False


def is_absent(answer: Any) -> bool:
    """Say whether a function answered that what the event names is not there: the samples are of a test's month."""
    if not isinstance(answer, dict):
        return False
    return answer.get("errorType") == "NotFound" or answer.get("statusCode") == HTTPStatus.NOT_FOUND


def is_refused(answer: Any) -> bool:
    """Say whether a function raised, returned messages to their queue, or answered a call with a problem."""
    if not isinstance(answer, dict):
        return False
    failed = "errorType" in answer or bool(answer.get("batchItemFailures"))
    return failed or int(answer.get("statusCode", 0)) >= HTTPStatus.BAD_REQUEST


@contextmanager
def running(function: str, target: Target) -> Iterator[str]:
    """Start a built function and yield the address at which it is invoked; raises OpsError where it does not start."""
    logical = "".join(part.capitalize() for part in function.split("_"))
    (emulator,) = (ROOT / ".tools").glob(f"lib/*/site-packages/{EMULATOR}")
    port, runtime_port = free_port(), free_port()
    command = [
        str(emulator),
        *("--runtime-interface-emulator-address", f"127.0.0.1:{port}"),
        *("--runtime-api-address", f"127.0.0.1:{runtime_port}"),
        *(str(FUNCTIONS_PYTHON), "-m", "awslambdaric", "app.handler"),
    ]
    log = (BUILT / f"{function}.log").open("wb")
    process = subprocess.Popen(
        command,
        cwd=BUILT / logical,
        env=_environment(logical, target),
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        until(lambda: _listens(port) or None, what=f"starting {function}", timeout_seconds=START_SECONDS)
        yield f"http://127.0.0.1:{port}{PATH}"
    finally:
        log.close()
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _environment(logical: str, target: Target) -> dict[str, str]:
    """Return what a function finds: the variables of the deployed one, its layers, and the endpoint."""
    configuration = client("lambda").get_function_configuration(FunctionName=target.outputs[f"{logical}Name"])
    layers = [layer["Ref"] for layer in _resource(logical)["Properties"].get("Layers", [])]
    paths = [BUILT / logical, *(BUILT / _layer(name) / "python" for name in layers)]
    return {
        "PATH": os.environ["PATH"],
        "AWS_LAMBDA_FUNCTION_NAME": configuration["FunctionName"],
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(configuration["MemorySize"]),
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(ANSWER_SECONDS),
        "AWS_DEFAULT_REGION": os.environ["AWS_DEFAULT_REGION"],
        "AWS_REGION": os.environ["AWS_DEFAULT_REGION"],
        "AWS_ACCESS_KEY_ID": os.environ["AWS_ACCESS_KEY_ID"],
        "AWS_SECRET_ACCESS_KEY": os.environ["AWS_SECRET_ACCESS_KEY"],
        "AWS_ENDPOINT_URL": os.environ["AWS_ENDPOINT_URL"],
        "POWERTOOLS_TRACE_DISABLED": "true",
        "PYTHONPATH": os.pathsep.join(map(str, paths)),
        **configuration["Environment"]["Variables"],
    }


def _resource(logical: str) -> dict[str, Any]:
    resource: dict[str, Any] = declared(PARAMETERS)[logical]
    return resource


def _layer(reference: str) -> str:
    """Return a layer's name in the template; the transform adds a digest of its content."""
    names = [folder.name for folder in BUILT.iterdir() if folder.is_dir() and reference.startswith(folder.name)]
    if len(names) != 1:
        message = f"{BUILT} holds no layer {reference}: make invoke-built builds it"
        raise OpsError(message)
    return names[0]


def _invoke(url: str, event: bytes) -> Any:
    request = urllib.request.Request(url, data=event, method="POST")  # noqa: S310 - our own loopback address
    deadline = time.monotonic() + ANSWER_SECONDS
    while True:
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:  # noqa: S310 - the same
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            return {"errorType": f"HTTP {error.code}", "errorMessage": error.read().decode(errors="replace")}
        except urllib.error.URLError:
            if time.monotonic() > deadline:
                raise


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


if __name__ == "__main__":
    sys.exit(main())
