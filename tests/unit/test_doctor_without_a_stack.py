"""What `billproof doctor` says of the machine itself."""

import os
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from billproof_ops import doctor
from billproof_ops.local import server
from billproof_ops.local.server import Server

HERE = Server(pid=1, port=4999, owner="person")
NO_TARGET: Any = None


@pytest.fixture
def _up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(doctor, "LOCAL", tmp_path)
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


@pytest.mark.usefixtures("_up")
def test_a_disk_with_room_is_good_and_of_another_endpoint_nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=10**12))
    assert list(doctor._disk(NO_TARGET)) == []
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=0))
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://elsewhere:1")
    assert list(doctor._disk(NO_TARGET)) == []
