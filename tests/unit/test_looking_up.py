"""A look-up that is done once, also where threads ask for it side by side."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest

from billproof.looking_up import LookedUpOnce

ASKERS = 8


def test_threads_that_ask_at_once_share_one_look_up() -> None:
    looked: list[str] = []
    all_ask, may_answer = Barrier(ASKERS), Event()

    def look(name: str) -> str:
        looked.append(name)
        may_answer.wait()
        return name.upper()

    once = LookedUpOnce(look)

    def ask(number: int) -> str:
        all_ask.wait()
        if number == ASKERS - 1:
            may_answer.set()
        return once("a")

    with ThreadPoolExecutor(ASKERS) as pool:
        assert [*pool.map(ask, range(ASKERS))] == ["A"] * ASKERS
    assert looked == ["a"]


def test_each_argument_has_its_own_answer() -> None:
    once = LookedUpOnce(lambda left, right: left - right)
    assert (once(3, 1), once(1, 3), once(3, 1)) == (2, -2, 2)


def test_what_raised_is_looked_up_again() -> None:
    known: dict[str, str] = {}
    once = LookedUpOnce(known.__getitem__)
    with pytest.raises(KeyError):
        once("a")
    known["a"] = "there"
    assert once("a") == "there"
