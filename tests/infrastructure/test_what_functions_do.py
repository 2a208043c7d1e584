"""What the handlers of the whole chain do, played once over moto.

Each role allows exactly what is done with it, each function's environment holds exactly what it reads, and no log line
holds what is private.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from tests.bench.imports import FUNCTIONS
from tests.support.aws_breakers import break_and_answer
from tests.support.aws_chain import Chain, play
from tests.support.aws_crm import take_orders
from tests.support.aws_decisions import WAITS_UNDER
from tests.support.aws_events import tell
from tests.support.aws_letters import redrive
from tests.support.aws_paid_ahead import plan_after_a_change
from tests.support.aws_resources import ENGINE_KEY
from tests.support.aws_take_over import take_over
from tests.support.expanded import environment, on_failure, role_statements
from tests.support.leaks import leaks
from tests.support.permissions import Permission, allowed, as_limited, granted, named
from tests.support.quick_moto import quick_moto
from tests.support.recording import Recording
from tests.support.statemachines import WAIT, State, before, every_choice, function_of

pytestmark = pytest.mark.long

GIVEN_TO_ALL = {"POWERTOOLS_LOG_LEVEL", "PYDANTIC_DISABLE_PLUGINS"}
"""What powertools and pydantic read, not we."""


@pytest.fixture(scope="module")
def recorded() -> Iterator[Recording]:
    """Play the chain: it takes half a minute, so what asks it is in this module."""
    with pytest.MonkeyPatch.context() as patch, mock_aws(), quick_moto(), Recording() as recording:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "test")
        chain = Chain(recording)
        play(chain)
        take_over(chain)
        plan_after_a_change(chain)
        take_orders(chain)
        tell(chain)
        break_and_answer(chain)
        redrive(chain)
        yield recording


def needs(function: str, recorded: Recording) -> set[Permission]:
    """What a function's code does, and what Lambda does with the function's role where a call failed."""
    failures = {Permission("sqs:SendMessage", named(destination)) for destination in on_failure(function)}
    return as_limited(recorded.needs[function], function) | failures


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_role_allows_exactly_what_its_function_does(function: str, recorded: Recording) -> None:
    missing = needs(function, recorded) - allowed(function)
    excess = allowed(function) - needs(function, recorded)
    assert (sorted(missing), sorted(excess)) == ([], [])


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_role_with_one_action_less_or_more_is_noticed(function: str, recorded: Recording) -> None:
    statements = role_statements(function)
    changed = [*less_one_action(statements), [*statements, one_more()]]
    assert len(changed) > 1, "a function that does nothing was not called"
    assert all(set(granted(other)) != needs(function, recorded) for other in changed)


def less_one_action(statements: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Yield the statements without one of their actions, for each action."""
    for number, statement in enumerate(statements):
        for action in statement["Action"]:
            rest = {**statement, "Action": [other for other in statement["Action"] if other != action]}
            yield [*statements[:number], rest, *statements[number + 1 :]]


def one_more() -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "dynamodb:Scan", "Resource": {"Fn::GetAtt": ["ContractsTable", "Arn"]}}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_an_environment_holds_exactly_what_its_function_reads(function: str, recorded: Recording) -> None:
    assert environment(function).keys() - GIVEN_TO_ALL == recorded.reads[function]


def test_no_log_line_of_the_whole_chain_holds_what_is_private(recorded: Recording) -> None:
    lines = "\n".join(recorded.logs)
    assert len(recorded.logs) > 100
    assert leaks(lines, [WAITS_UNDER, ENGINE_KEY]) == set()


def test_log_lines_name_what_was_worked_on(recorded: Recording) -> None:
    lines = [json.loads(line) for line in recorded.logs]
    names = {name for line in lines for name in (*line, *line.get("result", {}))}
    assert {"run_id", "batch_id", "exception_id", "legal_entity", "period", "outcome", "message_id"} <= names
    assert any(line["message"] == "message failed" and "not_found" in line["error"] for line in lines)


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
        assert text in {result.get(field) for result in recorded.results[function_of(task)]}
