"""The time of a call is shared: who comes first leaves enough for those that follow."""

from datetime import UTC, datetime, timedelta

import pytest

from billproof.errors import ExternalServiceUnavailable
from billproof.time_shares import in_shares

START = datetime(2026, 1, 1, tzinfo=UTC)


def test_each_has_its_share_of_what_is_left() -> None:
    """The first takes all that it is given, the others nothing: the third has half of the rest, the fourth all."""
    clock = [START]
    given: list[int] = []

    def work(name: str, until: datetime) -> str:
        given.append((until - clock[0]) // timedelta(minutes=1))
        clock[0] = until if name == "first" else clock[0]
        return name

    names = ["first", "second", "third", "fourth"]
    assert in_shares(names, work, clock=lambda: clock[0], most=timedelta(minutes=12)) == names
    assert given == [3, 3, 4, 9]


def test_one_that_fails_stops_none_of_the_others() -> None:
    done: list[str] = []

    def work(name: str, _until: datetime) -> None:
        done.append(name)
        if name == "second":
            message = "away"
            raise ExternalServiceUnavailable(message)

    with pytest.raises(ExternalServiceUnavailable, match="second: away"):
        in_shares(["first", "second", "third"], work, clock=lambda: START, most=timedelta(minutes=1))
    assert done == ["first", "second", "third"]
    assert in_shares([], work, clock=lambda: START, most=timedelta(minutes=1)) == []
