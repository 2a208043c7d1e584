"""The page's two ways to verify a webhook, in Python and Node, take what is signed and refuse everything else."""

import json
import re
import subprocess
from collections.abc import Callable
from datetime import timedelta

import pytest

from billproof.webhooks.signing import headers_of, secret_of
from billproof_ops.paths import ROOT
from tests.support.webhooks import KEY, START, event

BODY = event().model_dump_json().encode()
OLD, NEW = (secret_of(KEY, "whe_1", generation) for generation in (1, 2))

type Verify = Callable[[str, dict[str, str], bytes, float], bool]


def block(language: str) -> str:
    """Return the code of the page in a language."""
    page = (ROOT / "docs" / "webhooks.md").read_text()
    (code,) = re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)
    return str(code)


def in_python(secret: str, headers: dict[str, str], body: bytes, now: float) -> bool:
    names: dict[str, Callable[..., None]] = {}
    exec(block("python"), names)  # noqa: S102 - the code is the page's
    try:
        names["verify"](secret, headers, body, now)
    except ValueError:
        return False
    return True


def in_node(secret: str, headers: dict[str, str], body: bytes, now: float) -> bool:
    arguments = ", ".join(json.dumps(argument) for argument in (secret, headers, body.decode(), now))
    script = f"{block('js')}\nverify({arguments});"
    return subprocess.run(["node", "-e", script], check=False, capture_output=True).returncode == 0


@pytest.mark.parametrize("verify", [in_python, in_node], ids=["python", "node"])
def test_what_is_signed_is_taken_and_nothing_else(verify: Verify) -> None:
    now = START.timestamp()
    headers = headers_of([NEW, OLD], message=event().id, at=START, body=BODY)
    assert verify(NEW, headers, BODY, now)
    assert verify(OLD, headers, BODY, now)
    assert not verify(secret_of(KEY, "whe_2", 1), headers, BODY, now)
    assert not verify(NEW, headers, BODY.replace(b"UA", b"EV"), now)
    assert not verify(NEW, {**headers, "webhook-id": event(2).id}, BODY, now)
    assert not verify(NEW, {**headers, "webhook-signature": "v1,AAAA"}, BODY, now)
    assert not verify(NEW, headers, BODY, now + timedelta(minutes=6).total_seconds())
    assert not verify(NEW, headers, BODY, now - timedelta(minutes=6).total_seconds())
