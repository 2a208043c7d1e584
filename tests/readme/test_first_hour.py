"""The pages that a newcomer follows, each command as it stands there, on a stack that the page starts."""

from collections.abc import Iterator

import pytest

from tests.support.terminals import Terminal


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    newcomer = Terminal(tmp_path_factory.mktemp("newcomer"))
    yield newcomer
    newcomer.run("billproof local down")


def test_the_first_hour_runs_as_it_is_written(terminal: Terminal) -> None:
    assert terminal.play("first-hour.md") > 15


def test_a_business_is_taken_over_as_it_is_written(terminal: Terminal) -> None:
    assert terminal.play("taking-over.md") > 10
