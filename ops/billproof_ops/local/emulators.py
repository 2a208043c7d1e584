"""Which emulator answers at an endpoint: each is told apart by its own health page."""

import json
import urllib.error
import urllib.request
from enum import StrEnum
from typing import Any

from billproof_ops.errors import OpsError

HEALTH_SECONDS = 10


class Emulator(StrEnum):
    """The emulators that the template is deployed to."""

    MINISTACK = "MiniStack"
    LOCALSTACK = "LocalStack"


def recognize(endpoint: str) -> Emulator:
    """Return the emulator that answers at an endpoint; raises OpsError for anything else."""
    if "auth" in _health(f"{endpoint}/_ministack/health"):
        return Emulator.MINISTACK
    if "services" in _health(f"{endpoint}/_localstack/health"):
        return Emulator.LOCALSTACK
    message = f"neither MiniStack nor LocalStack answers at {endpoint}"
    raise OpsError(message)


def enforces_roles(endpoint: str) -> bool:
    """Say whether the emulator refuses what a role does not allow, as MiniStack does when started with AUTH=true."""
    return _health(f"{endpoint}/_ministack/health").get("auth") == "enabled"


def _health(url: str) -> dict[str, Any]:
    """Return a health page, or nothing where there is none."""
    try:
        with urllib.request.urlopen(url, timeout=HEALTH_SECONDS) as answer:  # noqa: S310 - the endpoint that we chose
            page = json.loads(answer.read())
    except (urllib.error.URLError, OSError, json.JSONDecodeError):
        return {}
    return page if isinstance(page, dict) else {}
