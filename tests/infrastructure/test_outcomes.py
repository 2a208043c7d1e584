"""The state machines branch on values that functions can return, and retry what is worth another try."""

import importlib
import inspect
import json
import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from billproof import errors
from billproof.approvals.model import Kind, Verdict
from billproof_ops.paths import ROOT
from tests.support.recording import Recording
from tests.support.statemachines import MACHINES, WAIT, State, compared, machines_of, read

FUNCTIONS = sorted(path.parent.name for path in ROOT.glob("functions/*/app.py"))

ANSWERS: dict[str, type[StrEnum]] = {"kind": Kind, "decision": Verdict}
"""What a wait for a person is answered with, by decide_exception or await_decision."""


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
    assert issubclass(kind, StrEnum), f"{result.__name__}.{field} is no enum"
    return {member.value for member in kind}


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


@every_choice
def test_a_choice_asks_for_what_its_function_can_say(name: str, machine: State, variable: str, text: str) -> None:
    result_path, _, field = variable.rpartition(".")
    sources = list(before(machine, name, result_path))
    assert sources, f"no task before {name} writes {variable}"
    for task in sources:
        assert text in returned(task, field), f"{function_of(task)} never says {text}"


def test_every_choice_was_looked_at() -> None:
    assert len(CASES) == 13


@every_choice
def test_what_a_choice_asks_for_occurs(
    name: str, machine: State, variable: str, text: str, recorded: Recording
) -> None:
    result_path, _, field = variable.rpartition(".")
    (task,) = before(machine, name, result_path)
    if task["Resource"] == WAIT:
        answers = [json.loads(result["body"]) for result in recorded.results["decide_exception"]]
        decisions = [answer["decision"] for answer in answers if answer.get("decision")]
        assert field == "kind" or text in {decision["verdict"] for decision in decisions}
    else:
        assert text in {result[field] for result in recorded.results[function_of(task)]}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_an_outcome_is_an_enum(function: str) -> None:
    handler = importlib.import_module(f"functions.{function}.app").handler
    fields = getattr(get_type_hints(inspect.unwrap(handler))["return"], "model_fields", {})
    assert "outcome" not in fields or issubclass(fields["outcome"].annotation, StrEnum)


def our_errors(parent: type[errors.BillproofError]) -> Iterator[type[errors.BillproofError]]:
    yield parent
    for child in parent.__subclasses__():
        yield from our_errors(child)


def test_what_is_retried_is_what_is_retryable() -> None:
    ours = {error for error in our_errors(errors.BillproofError) if error.__module__ == errors.__name__}
    retryable = {error.__name__ for error in ours if error.retryable}
    assert set(errors.RETRIED) - set(errors.MACHINERY) == retryable
    assert "InvalidInput" not in errors.RETRIED


@pytest.mark.parametrize("path", MACHINES, ids=lambda path: path.stem)
def test_a_task_retries_what_is_retryable_and_nothing_else(path: Path) -> None:
    for machine in machines_of(read(path)):
        for name, state in machine["States"].items():
            if state["Type"] != "Task" or not state["Resource"].startswith("arn:aws:states:::lambda:invoke"):
                continue
            (retry,) = state["Retry"]
            waits = state["Resource"] == WAIT  # its time-out is a reminder, no failure
            retried = [error for error in errors.RETRIED if not waits or error != "States.Timeout"]
            assert retry["ErrorEquals"] == retried, name
