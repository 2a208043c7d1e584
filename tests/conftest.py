"""Unit tests open no socket and wait for nothing; only tests on real servers may."""

import gc
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from pytest_socket import disable_socket, enable_socket

from billproof.handlers import metrics

os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")  # the SAM transform asks for one when tests are collected
settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])  # machines are loaded
settings.load_profile("tests")
MEMORY, ROOM = Path("/dev/shm"), 4 * 2**30  # noqa: S108
if "TMPDIR" not in os.environ and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM:
    os.environ["TMPDIR"] = str(MEMORY)  # a disk takes ten times as long for files of a moment, of which there are many
REAL = {Path(__file__).parent / folder for folder in ("integration", "chaos", "fuzz", "console")}
"""Tests that may open sockets."""


def pytest_collection_finish() -> None:
    """Leave what was imported alone, and look for garbage less often: to search again and again costs a sixth."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def pytest_unconfigure() -> None:
    gc.unfreeze()


@pytest.fixture(autouse=True)
def _no_metrics_of_another_test() -> None:
    """What a test counted outside a call would be printed by the next call, among what that one's test reads."""
    metrics.clear_metrics()


@pytest.fixture(autouse=True)
def _sockets(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if REAL & set(request.path.parents):
        enable_socket()
        yield
        return
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "POWERTOOLS_METRICS_NAMESPACE": "Billproof",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setattr("billproof.retrying.sleep", lambda _seconds: None)
    disable_socket(allow_unix_socket=True)
    yield
    enable_socket()
