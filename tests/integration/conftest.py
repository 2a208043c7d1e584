"""Tests on a deployed stack (tests/support/deployed.py), and what of it an emulator lacks."""

import os

import pytest

from billproof_ops.local.emulators import recognize
from billproof_ops.target import Target
from tests.support.deployed import billed, loaded, own_folder, stack
from tests.support.lacking import LACKING

__all__ = ["billed", "loaded", "own_folder", "stack"]
LAST = "test_the_sample_events.py"
"""They write into the log, plan the run anew and publish what happened, which others still count on."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.name == LAST)


@pytest.fixture(autouse=True)
def _lacking(request: pytest.FixtureRequest, stack: Target) -> None:
    emulator = recognize(os.environ["AWS_ENDPOINT_URL"])
    reason = LACKING.get(emulator, {}).get(getattr(request.node, "originalname", request.node.name))
    if reason is not None:
        pytest.skip(f"{emulator}: {reason}")
