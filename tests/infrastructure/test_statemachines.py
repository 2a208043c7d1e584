"""Rules that the state machines must keep, after their substitutions."""

import json
from pathlib import Path

import pytest

from billproof_ops.paths import ROOT
from billproof_ops.template import read_template
from tests.support.statemachines import MACHINES, WAIT, machines_of, properties_of, read, states, targets

REMINDED = {"HoldRun", "AwaitDecision"}
"""States that wait for a person: the end of a day's wait leads back to them, which is a reminder and no failure."""


@pytest.mark.parametrize("path", MACHINES, ids=lambda path: path.stem)
def test_nothing_dangles_and_everything_is_reached(path: Path) -> None:
    for machine in machines_of(read(path)):
        reached, left = set(), {machine["StartAt"]}
        while left:
            name = left.pop()
            assert name in machine["States"], f"there is no state {name}"
            reached.add(name)
            left |= targets(machine["States"][name]) - reached
        assert reached == machine["States"].keys()


@pytest.mark.parametrize("path", MACHINES, ids=lambda path: path.stem)
def test_every_task_is_tried_again_and_all_its_attempts_end_before_its_machine_does(path: Path) -> None:
    machine_seconds = read(path)["TimeoutSeconds"]
    tasks = [(name, state) for name, state in states(path) if state["Type"] == "Task"]
    assert tasks
    for name, state in tasks:
        (retry,) = state["Retry"]
        assert (retry["JitterStrategy"], "ExternalServiceUnavailable" in retry["ErrorEquals"]) == ("FULL", True), name
        assert retry["MaxAttempts"] >= 3, name
        attempts = 1 + retry["MaxAttempts"]
        longest = attempts * (state["TimeoutSeconds"] + retry["MaxDelaySeconds"])
        assert 0 < longest < machine_seconds, name


def test_a_task_gives_its_function_the_time_that_the_function_has() -> None:
    template = read_template()
    functions = {
        name: resource["Properties"].get("Timeout", template["Globals"]["Function"]["Timeout"])
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }
    for path in MACHINES:
        for name, state in states(path):
            if state["Type"] == "Task":
                function = state["Parameters"]["FunctionName"].removeprefix("${").removesuffix("Arn}")
                assert state["TimeoutSeconds"] >= functions[function], name


@pytest.mark.parametrize("path", MACHINES, ids=lambda path: path.stem)
def test_a_map_reads_its_items_again_where_the_store_did_not_answer(path: Path) -> None:
    for name, state in states(path):
        if state["Type"] == "Map":
            (retry,) = state["Retry"]
            assert (retry["ErrorEquals"], retry["JitterStrategy"]) == (["States.ItemReaderFailed"], "FULL"), name


@pytest.mark.parametrize("path", MACHINES, ids=lambda path: path.stem)
def test_a_failure_stays_in_its_state_so_that_it_can_be_redriven(path: Path) -> None:
    for name, state in states(path):
        caught = state.get("Catch", [])
        if name in REMINDED:
            assert [(each["ErrorEquals"], each["Next"]) for each in caught] == [(["States.Timeout"], name)]
            assert state["Resource"] == WAIT
        else:
            assert not caught, name
        if state["Type"] == "Fail":
            assert "CausePath" not in state, f"{name} ends what another state failed of"


@pytest.mark.parametrize("path", MACHINES, ids=lambda path: path.stem)
def test_no_state_starts_an_execution_whose_name_a_redrive_would_find_taken(path: Path) -> None:
    for name, state in states(path):
        assert "states:startExecution" not in state.get("Resource", ""), name
        assert "Name" not in state.get("Parameters", {}), name
        assert "Name.$" not in state.get("Parameters", {}), name


def test_batches_that_failed_get_a_second_attempt_that_fails_in_the_map_itself() -> None:
    steps = read(ROOT / "statemachines" / "billing_run.asl.json")["States"]
    batches, first, again = steps["InvoiceBatches"], steps["TolerateFailedBatches"], steps["TryMissingBatchesAgain"]
    assert batches["ToleratedFailurePercentagePath"] == first["ResultPath"] == "$.tolerated_failure_percentage"
    assert (first["Result"], again["Parameters"]["tolerated_failure_percentage"]) == (100.0, 0.0)
    assert again["Parameters"]["batches_key.$"] == "$.closing.missing_key"
    assert again["Next"] == "InvoiceBatches"
    closed, incomplete = steps["IsNothingMissing"]["Choices"]
    assert closed["Next"] == "Closed"
    assert incomplete["And"][1] == {"Variable": "$.tolerated_failure_percentage", "NumericGreaterThan": 0}
    assert steps["IsNothingMissing"]["Default"] == "BatchesMissing"


@pytest.mark.parametrize("path", MACHINES, ids=lambda path: path.stem)
def test_the_subset_runs_on_every_emulator(path: Path) -> None:
    text = path.read_text()
    for missing in ("QueryLanguage", "ItemBatcher", "ResultWriter", "HeartbeatSeconds", "States.Math", "Assign"):
        assert missing not in text
    assert "RedriveCount" not in text
    for name, state in states(path):
        assert not isinstance(state.get("ToleratedFailurePercentage"), int), f"{name}: LocalStack refuses an integer"


@pytest.mark.parametrize("path", MACHINES, ids=lambda path: path.stem)
def test_every_substitution_is_given_and_may_be_called(path: Path) -> None:
    used = {part.split("}")[0] for part in path.read_text().split("${")[1:]}
    properties = properties_of(path)
    assert used == properties["DefinitionSubstitutions"].keys()
    statements = properties["Policies"][0]["Statement"]
    (invoke,) = [statement for statement in statements if statement["Action"] == ["lambda:InvokeFunction"]]
    allowed = invoke["Resource"] if isinstance(invoke["Resource"], list) else [invoke["Resource"]]
    called = [value for value in properties["DefinitionSubstitutions"].values() if "Fn::GetAtt" in value]
    assert sorted(map(json.dumps, allowed)) == sorted(map(json.dumps, called))


def test_executions_have_deterministic_names() -> None:
    for path in MACHINES:
        assert "States.UUID" not in path.read_text()
