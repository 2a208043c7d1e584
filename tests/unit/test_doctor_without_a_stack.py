"""What `billproof doctor` says of the machine itself."""

import os
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from billproof_ops import disks, doctor, waiting
from billproof_ops.errors import OpsError
from billproof_ops.local import server
from billproof_ops.local.server import Server

HERE = Server(pid=1, port=4999, owner="person")
NO_TARGET: Any = None


@pytest.fixture
def _up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(disks, "LOCAL", tmp_path)
    monkeypatch.setattr(server, "running", lambda: HERE)
    monkeypatch.setenv("AWS_ENDPOINT_URL", HERE.endpoint)


@pytest.mark.usefixtures("_up")
@pytest.mark.parametrize(("free", "flags"), [(1_000, 0), (10**12, os.ST_RDONLY)], ids=["full", "read-only"])
def test_a_disk_that_takes_no_books_is_said(free: int, flags: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_flag=flags))
    (checked,) = doctor._disk(NO_TARGET)
    assert (checked.what, checked.health) == ("disk", doctor.Health.BAD)
    assert "is not saved" in checked.said
    monkeypatch.setattr(waiting, "DISK_SECONDS", 0)
    with pytest.raises(OpsError, match=r"taking what was sent: .*so the embedded AWS takes nothing; make room"):
        waiting.until(lambda: None, what="taking what was sent", timeout_seconds=120)


@pytest.mark.usefixtures("_up")
def test_a_disk_with_room_is_good_and_of_another_endpoint_nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=10**12))
    assert list(doctor._disk(NO_TARGET)) == []
    monkeypatch.setattr(waiting, "DISK_SECONDS", 0)
    with pytest.raises(OpsError, match="took longer than 0 s"):
        waiting.until(lambda: None, what="what never comes", timeout_seconds=0.3)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=0))
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://elsewhere:1")
    assert list(doctor._disk(NO_TARGET)) == []
