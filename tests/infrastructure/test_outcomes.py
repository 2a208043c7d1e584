"""The state machines branch on values that functions can return, and retry what is worth another try."""

import importlib
import inspect
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from billproof import errors
from billproof.approvals.model import Kind, Verdict
from billproof_ops.paths import ROOT
from tests.support.statemachines import (
    CASES,
    MACHINES,
    WAIT,
    State,
    before,
    every_choice,
    function_of,
    machines_of,
    read,
)

FUNCTIONS = sorted(path.parent.name for path in ROOT.glob("functions/*/app.py"))

ANSWERS: dict[str, type[StrEnum]] = {"kind": Kind, "decision": Verdict}
"""What a wait for a person is answered with, by decide_exception or await_decision."""


def returned(task: State, field: str) -> set[str]:
    if task["Resource"] == WAIT:
        return {member.value for member in ANSWERS[field]}
    handler = importlib.import_module(f"functions.{function_of(task)}.app").handler
    result: Any = get_type_hints(inspect.unwrap(handler))["return"]
    answers = [answer for answer in get_args(result) or (result,) if field in answer.model_fields]
    kinds = [answer.model_fields[field].annotation for answer in answers]
    assert kinds, f"no answer of {result} has a {field}"
    assert all(issubclass(kind, StrEnum) for kind in kinds), f"{field} of {result} is no enum"
    return {member.value for kind in kinds for member in kind}


@every_choice
def test_a_choice_asks_for_what_its_function_can_say(name: str, machine: State, variable: str, text: str) -> None:
    result_path, _, field = variable.rpartition(".")
    sources = list(before(machine, name, result_path))
    assert sources, f"no task before {name} writes {variable}"
    for task in sources:
        assert text in returned(task, field), f"{function_of(task)} never says {text}"


def test_every_choice_was_looked_at() -> None:
    assert len(CASES) == 16


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
