"""Rules that the state machines must keep, after their substitutions."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from billproof_ops.paths import ROOT, TEMPLATE

MACHINES = sorted((ROOT / "statemachines").glob("*.asl.json"))
State = dict[str, Any]


def machines_of(machine: State) -> Iterator[State]:
    yield machine
    for state in machine["States"].values():
        if "ItemProcessor" in state:
            yield from machines_of(state["ItemProcessor"])


def states(path: Path) -> Iterator[tuple[str, State, State]]:
    for machine in machines_of(json.loads(path.read_text())):
        for name, state in machine["States"].items():
            yield name, state, machine


def targets(state: State) -> set[str]:
    found = {state[key] for key in ("Next", "Default") if key in state}
    found |= {each["Next"] for key in ("Choices", "Catch") for each in state.get(key, [])}
    return found


@pytest.mark.parametrize("path", MACHINES, ids=lambda path: path.stem)
def test_nothing_dangles_and_everything_is_reached(path: Path) -> None:
    for machine in machines_of(json.loads(path.read_text())):
        reached, left = set(), {machine["StartAt"]}
        while left:
            name = left.pop()
            assert name in machine["States"], f"{name} is nowhere"
            reached.add(name)
            left |= targets(machine["States"][name]) - reached
        assert reached == machine["States"].keys()


@pytest.mark.parametrize("path", MACHINES, ids=lambda path: path.stem)
def test_every_task_ends_in_time_is_tried_again_and_fails_visibly(path: Path) -> None:
    for name, state, machine in states(path):
        if state["Type"] == "Task":
            assert state["TimeoutSeconds"] > 0, name
            if "lambda" in state["Resource"]:
                (retry,) = state["Retry"]
                assert retry["JitterStrategy"] == "FULL"
                assert retry["MaxAttempts"] >= 3
        if state["Type"] in {"Task", "Map"} and "StartAt" in machine and "Failed" in machine["States"]:
            assert state["Catch"][-1] == {"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": "Failed"}


@pytest.mark.parametrize("path", MACHINES, ids=lambda path: path.stem)
def test_the_subset_runs_on_every_emulator(path: Path) -> None:
    text = path.read_text()
    for missing in ("QueryLanguage", "ItemBatcher", "ResultWriter", "HeartbeatSeconds", "States.Math", "Assign"):
        assert missing not in text
    assert json.loads(text)["TimeoutSeconds"] > 0


@pytest.mark.parametrize("path", MACHINES, ids=lambda path: path.stem)
def test_every_substitution_is_given(path: Path) -> None:
    resources = yaml_parse(TEMPLATE.read_text())["Resources"].values()
    (machine,) = [
        each["Properties"]
        for each in resources
        if each["Type"] == "AWS::Serverless::StateMachine" and each["Properties"]["DefinitionUri"].endswith(path.name)
    ]
    used = {part.split("}")[0] for part in path.read_text().split("${")[1:]}
    assert used == machine["DefinitionSubstitutions"].keys()


def test_executions_have_deterministic_names() -> None:
    text = (ROOT / "statemachines" / "billing_run.asl.json").read_text()
    assert "States.Format('{}-{}', $.run_id, $.batch_id)" in text
    assert "States.UUID" not in text
