"""Each function's role allows exactly what the function does, and its environment holds exactly what it reads."""

import pytest

from billproof_ops.paths import ROOT
from tests.support.expanded import environment, on_failure, role_statements
from tests.support.permissions import Permission, granted, named
from tests.support.recording import Recording

FUNCTIONS = sorted(path.parent.name for path in ROOT.glob("functions/*/app.py"))
GIVEN_TO_ALL = {"POWERTOOLS_LOG_LEVEL"}
"""What powertools reads, not we."""


def allowed(function: str) -> set[Permission]:
    return set(granted(role_statements(function)))


def needs(function: str, recorded: Recording) -> set[Permission]:
    """What a function's code does, and what Lambda does with the function's role where a call failed."""
    failures = {Permission("sqs:SendMessage", named(destination)) for destination in on_failure(function)}
    return recorded.needs[function] | failures


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_role_allows_exactly_what_its_function_does(function: str, recorded: Recording) -> None:
    missing = needs(function, recorded) - allowed(function)
    excess = allowed(function) - needs(function, recorded)
    assert (sorted(missing), sorted(excess)) == ([], [])


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_role_with_one_action_less_or_more_is_noticed(function: str, recorded: Recording) -> None:
    exact = needs(function, recorded)
    assert exact, "a function that does nothing was not called"
    assert all(exact - {permission} != exact for permission in allowed(function))
    assert exact | {Permission("dynamodb:DeleteItem", "ContractsTable")} != exact


@pytest.mark.parametrize("function", FUNCTIONS)
def test_an_environment_holds_exactly_what_its_function_reads(function: str, recorded: Recording) -> None:
    assert environment(function).keys() - GIVEN_TO_ALL == recorded.reads[function]
