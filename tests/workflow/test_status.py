"""`billproof status` and `run watch`: what runs, what waits, for whom and since when."""

import io
import json
from types import SimpleNamespace
from typing import Any, cast

import pytest
from rich.console import Console
from rich.progress import Progress
from typer.testing import CliRunner

from billproof.pipeline.aggregating import aggregate_usage
from billproof.usage.model import CONTROL_TOTAL
from billproof_ops import cli, status
from billproof_ops.dead_letters import QueueDepth
from billproof_ops.doctor import CHECKS, Health
from billproof_ops.target import Target
from billproof_ops.watching import Watch
from tests.support.late_usage import JAN
from tests.support.world import INC, World, flight

RUN = f"{INC}-{JAN}-001"


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World()
    target = SimpleNamespace(ports=world, outputs={})
    queues = [
        QueueDepth(queue="usage-events", waiting=0, dead_letters=3),
        QueueDepth(queue="erp-postings", waiting=0, dead_letters=0),
    ]
    monkeypatch.setattr(Target, "find", lambda: target)
    monkeypatch.setattr(status, "depths", lambda _: queues)
    return world


def run(*words: str) -> tuple[int, str]:
    answer = CliRunner().invoke(cli.app, words, env={"COLUMNS": "200"})
    return answer.exit_code, f"{answer.output}{answer.exception or ''}"


def test_where_no_run_was_the_next_step_is_said(world: World) -> None:
    assert world.directory.legal_entities()
    code, said = run("status")
    assert (code, "billproof run start" in said, "usage-events: 0 waiting, 3 dead letters" in said) == (0, True, True)


def test_a_report_of_a_run_says_what_it_held_and_what_of_that_is_released_since(world: World) -> None:
    def held() -> list[str]:
        rows = (line for line in run("run", "report", RUN)[1].splitlines() if "held" in line or "since" in line)
        return [" ".join(row.replace("│", "").split()) for row in rows]

    world.ingest([flight(number) for number in range(8_000)])
    world.bill()
    assert held() == ["held when it closed 1", "- of these released since 0"]
    world.approve_all()
    assert held() == ["held when it closed 1", "- of these released since 1"]


def test_what_waits_says_since_when_why_and_for_whom_but_not_for_who_asked_for_it(world: World) -> None:
    world.ingest([flight(number) for number in range(8_000)])
    world.bill()
    code, said = run("status", "--json")
    (month,) = json.loads(said)["months"]
    (case,) = month["waiting"]
    assert (code, month["state"], month["held"]) == (0, "closed", 1)
    assert (case["exception"], case["findings"]) == (f"{INC}.{JAN}.UA.001", ["invoice_over_limit"])
    assert case["deciders"] == ["ben"]
    assert f"{INC}.{JAN}.UA.001 waits since 20" in run("status")[1]


def test_a_run_that_waits_for_a_person_says_so_once(world: World) -> None:
    """A source that says it sent two flights, of which one came, holds the run."""
    total = {**flight(9), "type": CONTROL_TOTAL, "subject": "flights_handled", "time": "2013-01-05T17:00:00Z"}
    world.ingest([flight(1), {**total, "data": {"count": "2"}}])
    run_id = world.start()
    plan = world.plan(run_id)
    text = io.StringIO()
    console = Console(file=text, width=200)
    with Progress(console=console, disable=True) as progress:
        watch = Watch(cast("Any", SimpleNamespace(ports=world)), run_id, console, progress)
        watch.look()
        assert text.getvalue() == ""
        for bucket in plan.buckets:
            aggregate_usage(run_id=run_id, bucket=bucket, objects=world.objects)
        world.check(run_id)
        watch.look()
        watch.look()
    assert text.getvalue().count("the run waits") == 1
    assert f"look: billproof exceptions show {INC}.{JAN}._run.001-01" in text.getvalue()


def test_a_legal_entity_of_which_nobody_may_decide_anything_is_bad(world: World) -> None:
    """skymeter-inc has one person without a limit; a third legal entity has no policy at all."""
    first = world.directory.legal_entity(INC)
    world.publish(first.model_copy(update={"id": "third", "version": 1}))
    checks = list(CHECKS["policies"](Target.find()))
    assert {(check.health, check.said.split(":")[0].split(" only ")[0]) for check in checks} == {
        (Health.BAD, "nobody may decide anything of third"),
        (Health.DOUBTFUL, "of skymeter-inc"),
        (Health.DOUBTFUL, "of skymeter-europe"),
    }
    (check,) = CHECKS["master data"](Target.find())
    assert check.said == "third bills no account"


def test_an_exception_whose_invoice_a_later_run_released_does_not_wait(world: World) -> None:
    (contract,) = world.directory.contracts("UA")
    world.publish(contract.model_copy(update={"version": 2, "exclusions": ()}))
    world.ingest([flight(1), flight(2, type="flight.cancelled")])
    world.bill()
    assert f"{INC}.{JAN}.UA.001 waits" in run("status")[1]
    world.publish(contract.model_copy(update={"version": 3}))
    world.bill()
    assert world.exception_store.state(f"{INC}.{JAN}.UA.001").status == "open"
    assert f"{INC}.{JAN}.UA.001" not in run("status")[1]
    assert "nothing waits" in run("exceptions", "list", "-e", INC, "-p", JAN)[1]
