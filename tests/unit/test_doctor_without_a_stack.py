"""What `billproof doctor` says of the machine itself, and of an account's limits."""

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


TARGET: Any = SimpleNamespace(outputs={"IngestUsageName": "ingest", "PostToErpName": "post", "ApiUrl": "other"})
NO_MAIL = {"SentLast24Hours": 0.0, "Max24HourSend": 200.0}


def account(monkeypatch: pytest.MonkeyPatch, *, free: int, quota: dict[str, float]) -> None:
    """An account whose two queues call 20 functions at once, beside one of another stack, and one without a limit."""
    mappings = [
        {"FunctionArn": f"arn:aws:lambda:x:1:function:{name}", "ScalingConfig": scaling}
        for name, scaling in (
            ("ingest", {"MaximumConcurrency": 20}),
            ("other", {"MaximumConcurrency": 90}),
            ("post", {}),
        )
    ]
    pages = SimpleNamespace(paginate=lambda: [{"EventSourceMappings": mappings}])
    settings = {"AccountLimit": {"UnreservedConcurrentExecutions": free}}
    clients = {
        "lambda": SimpleNamespace(get_paginator=lambda _: pages, get_account_settings=lambda: settings),
        "ses": SimpleNamespace(get_send_quota=lambda: quota),
    }
    monkeypatch.setattr(doctor, "client", lambda name: clients[name])


@pytest.mark.parametrize(("free", "said"), [(19, ["up to 20 functions at once, and the account takes 19"]), (20, [])])
def test_queues_that_call_more_functions_than_the_account_takes_are_said(
    free: int, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    account(monkeypatch, free=free, quota=NO_MAIL)
    found = list(doctor._limits(TARGET))
    assert [checked.health for checked in found] == [doctor.Health.DOUBTFUL for _ in said]
    assert all(text in checked.said for text, checked in zip(said, found, strict=True))


@pytest.mark.parametrize(
    ("sent", "most", "health"),
    [
        (159.0, 200.0, None),
        (160.0, 200.0, doctor.Health.DOUBTFUL),
        (200.0, 200.0, doctor.Health.BAD),
        (0.0, 0.0, doctor.Health.BAD),
        (9_999.0, -1.0, None),
    ],
)
def test_how_many_mails_are_left_is_said_before_there_is_none(
    sent: float, most: float, health: doctor.Health | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    account(monkeypatch, free=1_000, quota={"SentLast24Hours": sent, "Max24HourSend": most})
    assert [checked.health for checked in doctor._limits(TARGET)] == ([health] if health else [])
