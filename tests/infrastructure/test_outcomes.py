"""Every text that a state machine compares with is one that the function before it can return."""

import importlib
import inspect
import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from billproof.approvals.model import Kind, Verdict
from tests.infrastructure.test_statemachines import MACHINES, WAIT, State, compared, machines_of, read

ANSWERS: dict[str, type[StrEnum]] = {"kind": Kind, "decision": Verdict}
"""What a wait for a person is answered with, by decide_exception or await_decision."""
PLAIN = {
    "CompletenessResult": {"complete", "incomplete"},
    "Closed": {"closed", "incomplete"},
    "ReconciliationResult": {"balanced", "variances"},
}
"""What results say whose outcome is no enum."""


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
            elif state["Type"] in {"Pass", "Map"}:
                left.append(earlier)


def returned(task: State, field: str) -> set[str]:
    if task["Resource"] == WAIT:
        return {member.value for member in ANSWERS[field]}
    handler = importlib.import_module(f"functions.{function_of(task)}.app").handler
    result: Any = get_type_hints(inspect.unwrap(handler))["return"]
    kind = result.model_fields[field].annotation
    return {member.value for member in kind} if issubclass(kind, StrEnum) else PLAIN[result.__name__]


def comparisons() -> Iterator[tuple[Path, str, State, str, str]]:
    for path in MACHINES:
        for machine in machines_of(read(path)):
            for name, state in machine["States"].items():
                for choice in state.get("Choices", []):
                    for variable, text in compared(choice):
                        yield path, name, machine, variable, text


CASES = list(comparisons())


@pytest.mark.parametrize(
    ("name", "machine", "variable", "text"),
    [case[1:] for case in CASES],
    ids=[f"{path.stem.split('.')[0]}.{name}={text}" for path, name, _, _, text in CASES],
)
def test_a_choice_asks_for_what_its_function_can_say(name: str, machine: State, variable: str, text: str) -> None:
    result_path, _, field = variable.rpartition(".")
    sources = list(before(machine, name, result_path))
    assert sources, f"no task before {name} writes {variable}"
    for task in sources:
        assert text in returned(task, field), f"{function_of(task)} never says {text}"


def test_every_choice_was_looked_at() -> None:
    assert len(CASES) == 10
