"""`billproof recover`: what was in flight is read off the facts, and comes back; tables of an export are loaded."""

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from moto import mock_aws
from typer.testing import CliRunner

from billproof.adapters.aws.clients import client
from billproof.pipeline.starting import run_ids
from billproof_ops import cli
from billproof_ops.recovery import exports, in_flight
from billproof_ops.recovery.month_end import MonthEnd
from billproof_ops.recovery.rehearsal import MONTH_END, Rehearsal, RestoredBooks
from billproof_ops.target import Target
from tests.support.expanded import of_type
from tests.support.late_usage import JAN
from tests.support.world import INC, World, flight

NO_FACTS = ("Idempotency", "Events")
"""What is lost of them is done again or told again."""
RUN, UA, EV = f"{INC}-{JAN}-001", f"{INC}.{JAN}.UA", f"{INC}.{JAN}.EV.001"


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World(accounts={"UA"})
    target = SimpleNamespace(ports=world, outputs={}, machine=lambda _: world.exceptions)
    monkeypatch.setattr(Target, "find", lambda: target)
    return world


def run(*words: str) -> tuple[int, str]:
    answer = CliRunner().invoke(
        cli.app, ["recover", *words], env={"COLUMNS": "200", "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}
    )
    return answer.exit_code, f"{answer.output}{answer.exception or ''}"


def listed() -> list[tuple[str, str]]:
    code, said = run("list", "--json")
    assert code == 0, said
    return [(thing["kind"], thing["name"]) for thing in json.loads(said)]


def test_a_release_whose_messages_were_lost_is_sent_again_until_it_is_posted(world: World) -> None:
    world.ingest([flight(1)])
    world.bill()
    world.postings.bodies.clear()
    world.deliveries.bodies.clear()
    assert listed() == [("posting", UA), ("delivery", UA)]
    code, said = run("resume", "--as", "carla")
    assert (code, "2 resumed" in said) == (0, True), said
    assert [json.loads(body) for body in world.postings.bodies] == [{"invoice": UA, "correlation_id": RUN}]
    assert [json.loads(body)["invoice"] for body in world.deliveries.bodies] == [UA]
    world.post_all()
    assert listed() == [("delivery", UA)]


def test_an_exception_without_an_execution_is_started_again(world: World) -> None:
    world.ingest([flight(number) for number in range(8_000)])
    world.bill()
    assert listed() == []
    world.exceptions.statuses.clear()
    world.exceptions.executions.clear()
    assert listed() == [("exception", f"{UA}.001")]
    assert run("resume", "--as", "carla")[0] == 0
    assert list(world.exceptions.executions.values()) == [{"exception": f"{UA}.001"}]
    assert listed() == []


def test_an_approval_that_nobody_carried_out_is_in_flight(world: World) -> None:
    world.ingest([flight(number) for number in range(8_000)])
    world.bill()
    world.wait(f"{UA}.001", "a-token-of-a-wait-that-is-long-enough")
    assert world.decide(f"{UA}.001", "approved", "ben").outcome == "decided"
    world.exceptions.statuses.clear()
    (thing,) = in_flight.in_flight(Target.find())
    assert (thing.name, thing.why) == (f"{UA}.001", "was approved, which is not carried out")


def test_a_run_without_an_execution_is_started_under_its_own_name(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(in_flight, "start_run", lambda _, *month, **how: asked.append((month, how)))
    run_id = world.start()
    assert listed() == []
    world.billing_runs.statuses.clear()
    assert listed() == [("run", run_id)]
    assert run("resume", "--as", "carla")[0] == 0
    assert asked == [((INC, JAN), {"who": "carla", "only_accounts": []})]
    assert run_ids(world.runs, INC, JAN) == [run_id]


def test_a_document_that_no_release_has_is_left_to_a_person(world: World) -> None:
    world.start()
    world.objects.put(f"documents/{INC}/{JAN}/SKY-US-2013-000009.pdf", b"%PDF")
    assert listed() == [("document", "SKY-US-2013-000009")]
    assert "0 resumed" in run("resume", "--as", "carla")[1]
    assert "1 in flight" in run("list")[1]


def test_every_table_of_facts_is_restored() -> None:
    tables = {name.removesuffix("Table") for name in of_type("AWS::DynamoDB::Table")}
    assert {*exports.TABLES, *NO_FACTS} == tables


def test_a_month_is_billed_on_a_restored_stack_by_somebody() -> None:
    answer = CliRunner().invoke(cli.app, ["rehearse-restore", "--month", JAN])
    assert "say as whom, with --as" in str(answer.exception)


@pytest.mark.parametrize("status", ["SUCCEEDED", "WAITS", "FAILED"])
def test_a_rehearsal_holds_unless_the_month_failed_there_and_its_time_is_no_recovery_time(status: str) -> None:
    books = RestoredBooks(runs=1, documents=1, not_posted=0, differences=(), audit_findings=(), newer_objects=0)
    rehearsal = Rehearsal(
        moment=datetime(2013, 2, 1, tzinfo=UTC),
        recovery_point_seconds=1.0,
        seconds={"stack deployed": 2.0, MONTH_END: 40.0},
        items={},
        objects=0,
        books=books,
        in_flight=(),
        books_after=books,
        left=(),
        billed=(MonthEnd(run=RUN, status=status),),
    )
    assert (rehearsal.holds, rehearsal.recovery_time_seconds) == (status != "FAILED", 2.0)


@pytest.fixture
def tables() -> Iterator[Target]:
    """Empty tables on moto."""
    with mock_aws():
        client.cache_clear()
        outputs = {f"{name}TableName": name.lower() for name in exports.TABLES}
        for table in outputs.values():
            keys = (("partition", "HASH"), ("sort", "RANGE"))
            client("dynamodb").create_table(
                TableName=table,
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name, _ in keys],
                KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys],
            )
        yield Target(outputs=outputs)
    client.cache_clear()


def item(number: int, text: str = "a") -> dict[str, Any]:
    return {"partition": {"S": "p"}, "sort": {"S": f"{number:03}"}, "text": {"S": text}, "amount": {"N": "1.50"}}


@pytest.fixture
def export(tmp_path: Path) -> Path:
    for name in exports.TABLES:
        exports.write(tmp_path, name, [item(number) for number in range(60)] if name == "Runs" else [])
    return tmp_path


def stored(target: Target, name: str) -> list[Any]:
    items: list[Any] = client("dynamodb").scan(TableName=target.outputs[f"{name}TableName"])["Items"]
    return sorted(items, key=lambda one: one["sort"]["S"])


def test_an_export_is_loaded_and_loading_it_again_changes_nothing(
    tables: Target, export: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Target, "find", lambda: tables)
    for _ in range(2):
        code, said = run("load", str(export))
        assert (code, "Runs: 60 items" in said) == (0, True), said
        assert stored(tables, "Runs") == [item(number) for number in range(60)]


def test_a_load_that_was_stopped_goes_on_with_what_lacks(tables: Target, export: Path) -> None:
    client("dynamodb").put_item(TableName="runs", Item=item(7))
    assert exports.load(tables, export)["Runs"] == 60
    assert len(stored(tables, "Runs")) == 60


@pytest.mark.parametrize(("there", "said"), [(item(7, "b"), "another item"), (item(99), "that the export does not")])
def test_tables_in_use_are_refused_before_anything_is_written(
    there: dict[str, Any], said: str, tables: Target, export: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Target, "find", lambda: tables)
    client("dynamodb").put_item(TableName="runs", Item=there)
    code, printed = run("load", str(export))
    assert (code, said in printed) == (1, True), printed
    assert stored(tables, "Runs") == [there]


def test_what_is_no_export_is_one_clear_line(tables: Target, export: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Target, "find", lambda: tables)
    (part,) = (export / "Runs").rglob("*.gz")
    part.write_bytes(gzip.compress(b"not JSON\n"))
    assert (run("load", str(export))[0], "is not an export" in run("load", str(export))[1]) == (1, True)
    part.unlink()
    assert "holds no export of Runs" in run("load", str(export))[1]
    assert stored(tables, "Runs") == []
