"""Work that several processes share comes back in order, says how far it is, and ends when it is told to."""

import io
import os

import pytest
from rich.console import Console

from billproof.crews import Alone
from billproof_ops.processes import crew
from billproof_ops.progressing import HowFar


def _base(base: int) -> int:
    return base


def _added(base: int, task: int) -> tuple[int, int]:
    return base + task, os.getpid()


def _refused(base: int, task: int) -> int:
    message = f"no {base + task}"
    raise LookupError(message)


def silent() -> HowFar:
    return HowFar(Console(file=io.StringIO()))


@pytest.mark.parametrize("most", [1, 2])
def test_results_come_in_the_order_of_the_tasks(most: int) -> None:
    with crew(Alone(10), _base, 10, most=most, how_far=silent()) as gathered:
        results = list(gathered.each("sums", _added, range(8)))
    assert [total for total, _ in results] == list(range(10, 18))
    assert (os.getpid() in {process for _, process in results}) == (most == 1 or os.process_cpu_count() == 1)


def test_what_a_process_raises_is_raised_here_and_the_others_end() -> None:
    with (
        pytest.raises(LookupError, match="no 10"),
        crew(Alone(10), _base, 10, most=2, how_far=silent()) as gathered,
    ):
        list(gathered.each("refusals", _refused, range(50)))


def test_how_far_it_is_is_said_in_lines_where_there_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("billproof_ops.progressing.SECONDS_BETWEEN_LINES", 0)
    said = io.StringIO()
    assert list(HowFar(Console(file=said)).counted("batches", iter("ab"), 2)) == ["a", "b"]
    assert said.getvalue().splitlines() == ["batches: 0 of 2", "batches: 1 of 2", "batches: 2 of 2"]
