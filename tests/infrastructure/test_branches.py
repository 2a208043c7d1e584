"""The state machines branch on values that functions can return, and retry what is worth another try."""

import importlib
import inspect
import json
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest

from billproof import errors
from billproof.approvals.model import Kind, Verdict
from billproof_ops.paths import ROOT
from tests.support.recording import Recording

MACHINES = sorted((ROOT / "statemachines").glob("*.asl.json"))
FUNCTIONS = {
    "".join(part.capitalize() for part in path.parent.name.split("_")): path.parent.name
    for path in ROOT.glob("functions/*/app.py")
}
WAITED: dict[str, type[StrEnum]] = {"kind": Kind, "decision": Verdict}
"""What the answer to a task token says; `decide_exception` gives it."""
State = dict[str, Any]
Branch = tuple[str, str, str]


def machines_of(machine: State) -> Iterator[State]:
    yield machine
    for state in machine["States"].values():
        if "ItemProcessor" in state:
            yield from machines_of(state["ItemProcessor"])


def conditions(choice: Any) -> Iterator[tuple[str, str]]:
    """Yield the variables that a choice compares with a text, and the texts."""
    match choice:
        case {"Variable": str(variable), "StringEquals": str(value)}:
            yield variable, value
        case dict():
            for part in choice.values():
                yield from conditions(part)
        case list():
            for part in choice:
                yield from conditions(part)


def produced_by(machine: State, choice: str, variable: str) -> str:
    """Return the function, or the nested machine, that the variable of a choice comes from."""
    before = {name for name, state in machine["States"].items() if choice in _next(state)}
    seen: set[str] = set()
    while before:
        name = before.pop()
        seen.add(name)
        state = machine["States"][name]
        if state["Type"] == "Task" and _writes(state, variable):
            return str(state["Parameters"].get("FunctionName", state["Parameters"].get("StateMachineArn")))
        before |= {other for other, state in machine["States"].items() if name in _next(state)} - seen
    message = f"nothing before {choice} writes {variable}"
    raise AssertionError(message)


def _writes(state: State, variable: str) -> bool:
    path = state.get("ResultPath", "$")
    return path is not None and (path == "$" or variable.startswith(f"{path}."))


def _next(state: State) -> set[str]:
    return {state[key] for key in ("Next", "Default") if key in state} | {
        choice["Next"] for choice in state.get("Choices", [])
    }


def branches() -> list[Branch]:
    """Return what all machines branch on: the function, the field of its result, and the value."""
    result: list[Branch] = []
    for path in MACHINES:
        for machine in machines_of(json.loads(path.read_text())):
            for name, state in machine["States"].items():
                for variable, value in conditions(state.get("Choices", [])):
                    source = produced_by(machine, name, variable).removeprefix("${").removesuffix("Arn}")
                    result.append((source, variable.rsplit(".", 1)[-1], value))
    return result


def values_of(source: str, field: str) -> set[str]:
    """Return the values that a field of a function's result may have: those of its enum."""
    if source in {"InvoiceException", "AwaitDecision"}:
        return set(WAITED[field])
    handler = importlib.import_module(f"functions.{FUNCTIONS[source]}.app").handler
    annotation = inspect.signature(handler).return_annotation.model_fields[field].annotation
    assert issubclass(annotation, StrEnum), f"{source}.{field} is no enum"
    return set(annotation)


@pytest.mark.parametrize(("source", "field", "value"), branches(), ids="-".join)
def test_a_branch_compares_with_a_value_that_the_function_can_return(source: str, field: str, value: str) -> None:
    assert value in values_of(source, field)


@pytest.mark.parametrize(("source", "field", "value"), branches(), ids="-".join)
def test_both_sides_of_a_branch_occur(source: str, field: str, value: str, recorded: Recording) -> None:
    if source in {"InvoiceException", "AwaitDecision"}:
        given = [result["decision"] for result in recorded.results["decide_exception"] if result["decision"]]
        assert field == "kind" or value in {decision["verdict"] for decision in given}
        return
    assert value in {result[field] for result in recorded.results[FUNCTIONS[source]]}


@pytest.mark.parametrize("function", FUNCTIONS.values())
def test_an_outcome_is_an_enum(function: str) -> None:
    handler = importlib.import_module(f"functions.{function}.app").handler
    fields = getattr(inspect.signature(handler).return_annotation, "model_fields", {})
    assert "outcome" not in fields or issubclass(fields["outcome"].annotation, StrEnum)


def our_errors(parent: type[errors.BillproofError]) -> Iterator[type[errors.BillproofError]]:
    yield parent
    for child in parent.__subclasses__():
        yield from our_errors(child)


def test_what_is_retried_is_what_is_retryable() -> None:
    ours = {error.__name__ for error in our_errors(errors.BillproofError) if error.__module__ == errors.__name__}
    retryable = {error.__name__ for error in our_errors(errors.BillproofError) if error.retryable}
    assert set(errors.RETRIED) - set(errors.MACHINERY) == retryable & ours
    assert "InvalidInput" not in errors.RETRIED


@pytest.mark.parametrize("path", MACHINES, ids=lambda path: path.stem)
def test_a_task_retries_what_is_retryable_and_nothing_else(path: Path) -> None:
    for machine in machines_of(json.loads(path.read_text())):
        for name, state in machine["States"].items():
            if state["Type"] != "Task" or not state["Resource"].startswith("arn:aws:states:::lambda:invoke"):
                continue
            (retry,) = state["Retry"]
            waits = state["Resource"].endswith(".waitForTaskToken")  # its time-out is a reminder, no failure
            assert retry["ErrorEquals"] == [name for name in errors.RETRIED if not waits or name != "States.Timeout"], (
                name
            )
