"""What a server that was left behind does to the next one."""

import errno
import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from pytest_socket import enable_socket

from billproof_ops.errors import OpsError
from billproof_ops.local import saves, server
from billproof_ops.local.locks import locked
from billproof_ops.printing import to_be_corrected


@pytest.fixture(autouse=True)
def _loopback() -> None:
    enable_socket()


def test_a_pid_that_is_somebody_elses_is_not_ours(tmp_path: Path) -> None:
    (tmp_path / "server.json").write_text(json.dumps({"pid": os.getpid(), "port": 1, "owner": "person"}))
    assert server.running(tmp_path) is None
    assert server.stop(tmp_path) is False
    assert not (tmp_path / "server.json").exists()


def test_nothing_and_nonsense_are_down(tmp_path: Path) -> None:
    assert server.running(tmp_path) is None
    (tmp_path / "server.json").write_text("{")
    assert server.running(tmp_path) is None
    assert server.stop(tmp_path) is False


def test_a_server_is_started_once_keeps_its_port_and_is_stopped(tmp_path: Path) -> None:
    first, wiped = server.start(tmp_path, owner=server.DEMO)
    try:
        assert server.start(tmp_path) == (first, False)
        assert (wiped, first.owner) == (False, server.DEMO)
    finally:
        assert server.stop(tmp_path)
    again, wiped = server.start(tmp_path)
    try:
        assert (again.port, wiped) == (first.port, False)
        assert again.pid != first.pid
    finally:
        server.stop(tmp_path)
    assert server.running(tmp_path) is None


def test_two_that_start_it_at_once_start_one_server_whose_log_has_lines(tmp_path: Path) -> None:
    with ThreadPoolExecutor(3) as people:
        started = list(people.map(lambda _: server.start(tmp_path), range(3)))
    try:
        assert len({running.pid for running, _ in started}) == 1
        assert (tmp_path / saves.LOG).read_text().splitlines()
    finally:
        server.stop(tmp_path)


def test_a_state_that_was_never_saved_is_wiped(tmp_path: Path) -> None:
    state = tmp_path / "state" / "services"
    state.mkdir(parents=True)
    (state / "left.json").write_text("{}")
    (tmp_path / "dirty").touch()
    _, wiped = server.start(tmp_path)
    server.stop(tmp_path)
    assert wiped
    assert not (state / "left.json").exists()
    assert not (tmp_path / "dirty").exists()


def put_something(endpoint: str, name: str) -> None:
    """Leave a fact, an object and a message."""
    queue = aws("sqs", endpoint).create_queue(QueueName="q")["QueueUrl"]
    aws("sqs", endpoint).send_message(QueueUrl=queue, MessageBody=name)
    aws("s3", endpoint).put_object(Bucket="bucket", Key=name, Body=name.encode())
    aws("dynamodb", endpoint).put_item(TableName="table", Item={"id": {"S": name}})


def kept(endpoint: str) -> tuple[set[str], set[str], int]:
    """Return the facts, the objects and the number of messages."""
    items = aws("dynamodb", endpoint).scan(TableName="table")["Items"]
    objects = aws("s3", endpoint).list_objects_v2(Bucket="bucket").get("Contents", [])
    bodies = {found["Key"]: aws("s3", endpoint).get_object(Bucket="bucket", Key=found["Key"]) for found in objects}
    assert all(answer["Body"].read().decode() == key for key, answer in bodies.items())
    queue = aws("sqs", endpoint).get_queue_url(QueueName="q")["QueueUrl"]
    name = "ApproximateNumberOfMessages"
    waiting = aws("sqs", endpoint).get_queue_attributes(QueueUrl=queue, AttributeNames=[name])["Attributes"][name]
    return {item["id"]["S"] for item in items}, set(bodies), int(waiting)


def aws(service: Any, endpoint: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106 - an emulator's
    )


def saved_after(moment: datetime, folder: Path) -> datetime:
    for _ in range(3_000):
        saved = server.saved_at(folder)
        if saved is not None and saved > moment:
            return saved
        time.sleep(0.1)
    pytest.fail("it saves nothing")


@pytest.mark.long
def test_a_server_that_was_killed_goes_on_from_what_it_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What came after the copy is lost as a whole: no object is left of a fact that is not there."""
    monkeypatch.setattr(server, "SAVE_SECONDS", 0.5)
    started, _ = server.start(tmp_path)
    try:
        keys = {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}
        types = {"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}]}
        aws("dynamodb", started.endpoint).create_table(
            TableName="table", BillingMode="PAY_PER_REQUEST", **keys, **types
        )
        aws("s3", started.endpoint).create_bucket(Bucket="bucket")
        put_something(started.endpoint, "saved")
        saved = saved_after(datetime.now(UTC), tmp_path)
        os.kill(started.pid, signal.SIGSTOP)  # it saves nothing more
        (tmp_path / "state" / "s3" / "000000000000" / "bucket" / "not-saved").write_text("an object of after the copy")
        os.kill(started.pid, signal.SIGKILL)
        os.waitpid(started.pid, 0)
        assert server.killed(tmp_path)
        assert not server.lost_state(tmp_path)
        again, wiped = server.start(tmp_path)
        assert (wiped, kept(again.endpoint)) == (False, ({"saved"}, {"saved"}, 1))
        put_something(again.endpoint, "at the end")
        assert server.stop(tmp_path)
        at_the_end = server.saved_at(tmp_path)
        assert at_the_end is not None
        assert saved is not None
        assert at_the_end > saved
        last, wiped = server.start(tmp_path)
        assert (wiped, server.killed(tmp_path)) == (False, False)
        assert kept(last.endpoint) == ({"saved", "at the end"}, {"saved", "at the end"}, 2)
    finally:
        server.stop(tmp_path)


def test_a_copy_that_is_not_whole_is_none_and_the_one_before_stays(tmp_path: Path) -> None:
    (tmp_path / "s3" / "b").mkdir(parents=True)
    (tmp_path / "s3" / "b" / "key").write_text("first")
    (tmp_path / "port").write_text("4566")
    saves.complete(saves.begin(tmp_path))
    whole = saves.newest(tmp_path)
    (tmp_path / "s3" / "b" / "later").write_text("second")
    (tmp_path / "port").write_text("4567")
    unfinished = saves.begin(tmp_path)
    (unfinished / saves.SERVICES / "dynamodb.json").write_text("{")
    assert saves.newest(tmp_path) == whole
    saves.restore(tmp_path)
    assert [path.name for path in (tmp_path / "s3" / "b").iterdir()] == ["key"]
    assert (tmp_path / "port").read_text() == "4566"
    assert not unfinished.exists()


def test_what_cannot_be_saved_at_the_end_is_said_and_is_no_orderly_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "SAVE_SECONDS", 600)
    started, _ = server.start(tmp_path)
    monkeypatch.setattr(saves, "newest", lambda _: None)
    with pytest.raises(OpsError, match=r"could not save its state.*nothing of it is saved"):
        server.stop(tmp_path)
    assert server.running(tmp_path) is None
    assert (tmp_path / "dirty").exists()
    del started


def test_a_state_of_another_version_is_wiped(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "format").write_text("of another version")
    for expected in (True, False):
        _, wiped = server.start(tmp_path)
        server.stop(tmp_path)
        assert wiped is expected


def test_a_port_that_is_taken_moves_the_saved_state(tmp_path: Path) -> None:
    state = tmp_path / "state"
    (state / "services").mkdir(parents=True)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        (state / "port").write_text(str(taken))
        (state / "format").write_text(server.STATE_FORMAT)
        (state / "services" / "sqs.json").write_text(f'"http://127.0.0.1:{taken}/q"')
        port = server._choose_port(tmp_path)
    assert port != taken
    assert (state / "services" / "sqs.json").read_text() == f'"http://127.0.0.1:{port}/q"'


def test_a_server_that_does_not_come_up_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "START_SECONDS", 0)
    with pytest.raises(OpsError, match="did not start"):
        server.start(tmp_path)
    found = json.loads((tmp_path / "server.json").read_text())
    for _ in range(3_000):
        if not server._is_ours(found["pid"]):
            break
        time.sleep(0.1)
    assert not server._is_ours(found["pid"])
    assert server.running(tmp_path) is None


def test_of_two_that_want_a_lock_one_waits_and_one_that_may_not_wait_is_told_who_has_it(tmp_path: Path) -> None:
    lock = tmp_path / "new" / "lock"
    refused = pytest.raises(OpsError, match=f"another demo is under way .process {os.getpid()}")
    with locked(lock), refused, locked(lock, refuse="another demo is under way"):
        pass
    with locked(lock, refuse="another demo is under way"):
        assert lock.read_text() == str(os.getpid())


@pytest.mark.parametrize("owner", [server.PERSON, server.DEMO])
def test_what_a_person_had_is_not_wiped_without_asking(tmp_path: Path, owner: str) -> None:
    assert not server.lost_state(tmp_path)
    (tmp_path / "state").mkdir()
    (tmp_path / "server.json").write_text(json.dumps({"pid": 2**22, "port": 1, "owner": owner}))
    assert not server.lost_state(tmp_path)
    (tmp_path / "dirty").touch()
    assert server.lost_state(tmp_path) == (owner == server.PERSON)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS])
def test_a_disk_that_takes_nothing_is_one_clear_line(number: int) -> None:
    error = OSError(number, os.strerror(number), "/full/state")
    assert to_be_corrected(error) == (f"/full/state cannot be written: {os.strerror(number)}", 1)


def test_a_server_that_is_being_started_is_waited_for_and_not_called_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has marked its folder and answers nothing yet: whoever asks then would be offered to wipe it."""
    (tmp_path / "state").mkdir()
    (tmp_path / "dirty").touch()
    (tmp_path / "server.json").write_text(json.dumps({"pid": 2**22, "port": 1, "owner": server.PERSON}))
    started: list[server.Server] = []

    @contextmanager
    def started_meanwhile(_: Path) -> Iterator[None]:
        started.append(server.Server(pid=1, port=1, owner=server.PERSON))
        yield

    monkeypatch.setattr(server, "locked", started_meanwhile)
    monkeypatch.setattr(server, "running", lambda _: started[-1] if started else None)
    assert not server.lost_state(tmp_path)
