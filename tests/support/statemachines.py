"""The state machines of the repository, and how to walk them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from billproof_ops.paths import ROOT
from billproof_ops.template import read_template

MACHINES = sorted((ROOT / "statemachines").glob("*.asl.json"))
State = dict[str, Any]
WAIT = "arn:aws:states:::lambda:invoke.waitForTaskToken"


def read(path: Path) -> State:
    machine: State = json.loads(path.read_text())
    return machine


def machines_of(machine: State) -> Iterator[State]:
    yield machine
    for state in machine["States"].values():
        if "ItemProcessor" in state:
            yield from machines_of(state["ItemProcessor"])


def states(path: Path) -> Iterator[tuple[str, State]]:
    for machine in machines_of(read(path)):
        yield from machine["States"].items()


def targets(state: State) -> set[str]:
    direct = {state[key] for key in ("Next", "Default") if key in state}
    return direct | {branch["Next"] for key in ("Choices", "Catch") for branch in state.get(key, [])}


def compared(choice: State) -> Iterator[tuple[str, str]]:
    """Yield the variable and the text of every comparison of texts in a choice, however deep."""
    if "StringEquals" in choice:
        yield choice["Variable"], choice["StringEquals"]
    for operator in ("And", "Or"):
        for part in choice.get(operator, []):
            yield from compared(part)


def properties_of(path: Path) -> dict[str, Any]:
    (machine,) = [
        resource["Properties"]
        for resource in read_template()["Resources"].values()
        if resource["Type"] == "AWS::Serverless::StateMachine"
        and resource["Properties"]["DefinitionUri"].endswith(path.name)
    ]
    properties: dict[str, Any] = machine
    return properties


def function_of(task: State) -> str:
    name = task["Parameters"]["FunctionName"].removeprefix("${").removesuffix("Arn}")
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def before(machine: State, name: str, result_path: str) -> Iterator[State]:
    """Yield the tasks whose result a choice sees under a path; states that only pass on are looked through."""
    seen, left = {name}, [name]
    while left:
        target = left.pop()
        for earlier, state in machine["States"].items():
            if earlier in seen or state.get("Next") != target:
                continue
            seen.add(earlier)
            is_the_source = state.get("ResultPath", "$") == result_path
            if state["Type"] == "Task" and is_the_source:
                yield state
            elif state["Type"] in {"Pass", "Map"} or state.get("ResultPath", "$") is None:
                left.append(earlier)


def comparisons() -> Iterator[tuple[Path, str, State, str, str]]:
    for path in MACHINES:
        for machine in machines_of(read(path)):
            for name, state in machine["States"].items():
                for choice in state.get("Choices", []):
                    for variable, text in compared(choice):
                        yield path, name, machine, variable, text


CASES = list(comparisons())
every_choice = pytest.mark.parametrize(
    ("name", "machine", "variable", "text"),
    [case[1:] for case in CASES],
    ids=[f"{path.stem.split('.')[0]}.{name}={text}" for path, name, _, _, text in CASES],
)
