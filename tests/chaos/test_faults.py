"""Every function is killed at its port calls, before and after the effect, and then simply called again.

The state that lasts must be that of steps that nothing disturbed, byte for byte, and the audit chain must say of it
what is so. A step is killed at so many calls as `--chaos-points` says, which SEED draws, what a sample changes at
fewer, and a step that changes nothing at one. From N=10 on every step is killed at every call.
"""

import contextlib
import random
from datetime import UTC, datetime

import pytest

from tests.support.all_histories import HISTORIES
from tests.support.expanded import logical_id, of_type
from tests.support.faults import Killed, differences, forget, restore, state_of
from tests.support.histories import History, found, played
from tests.support.histories_of_systems import SAMPLES
from tests.support.invoking import FUNCTIONS
from tests.support.levels import LEVEL, SEED
from tests.support.world import World, flight

NO_FACT = {
    "watch_adapters": "it switches queues, and is killed between that and keeping it in tests/unit/test_breakers.py",
}
"""A function that has nothing to lose, and why."""
EVERY_CALL = 10
"""From which level on nothing is left out."""
OF_A_SAMPLE = 4
"""What a sample changes is killed at so many times fewer calls: histories kill at the rest."""

STEPS = [
    (history, number)
    for history in HISTORIES
    for number, step in enumerate(history.steps)
    if step.functions  # what a function does: the rest prepares the world for it
]
NAMES = [f"{history.name}-{history.steps[number].name}" for history, number in STEPS]


def kills(calls: int, points: int) -> list[int]:
    """Return the calls to kill at, counted from one: all of them, or so many as there are points."""
    every = range(1, calls + 1)
    return [*every] if EVERY_CALL <= LEVEL else sorted(random.Random(SEED).sample(every, min(points, calls)))


@pytest.mark.parametrize("after_effect", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("history", "number"), STEPS, ids=NAMES)
def test_a_step_that_was_killed_anywhere_and_done_again_leaves_the_same_state(
    *, history: History, number: int, after_effect: bool, request: pytest.FixtureRequest
) -> None:
    known = played(history)
    world, fuse, moment = known.world, known.fuse, known.moments[number]
    points = request.config.getoption("--chaos-points")
    points = 1 if not moment.changes else max(1, points // OF_A_SAMPLE) if history is SAMPLES else points
    for kill_at in kills(moment.calls, points):
        restore(world, moment.before)
        fuse.arm(kill_at, after_effect=after_effect)
        with contextlib.suppress(Killed):
            moment.step.work(world)
            assert fuse.calls < kill_at  # whoever remembers less may ask less
        fuse.arm(None)
        forget(world)
        moment.step.work(world)
        world.settle()
        where = f"killed at call {kill_at} of {moment.calls}, seed {SEED}"
        assert differences(state_of(world), moment.after) == [], where
        assert found(world) == moment.findings, where  # nothing is without its record, and each record is so


def test_every_function_of_the_template_is_killed_where_it_changes_something() -> None:
    changing = {
        function
        for history in HISTORIES
        for moment in played(history).moments
        for function in moment.step.functions
        if moment.changes and moment.calls
    }
    assert set(FUNCTIONS) - changing == set(NO_FACT)
    assert {logical_id(function) for function in (*changing, *NO_FACT)} == set(of_type("AWS::Lambda::Function"))


def test_a_clock_that_changes_to_summer_time_and_back_bills_every_event_once() -> None:
    """New York skips an hour on 10 March 2013 and has one twice on 3 November; both edges of both days are billed."""
    for day, period, moment, hours in (
        ("2013-03-10", "2013-03", datetime(2013, 4, 2, 12, tzinfo=UTC), (0, 1, 3, 23)),
        ("2013-11-03", "2013-11", datetime(2013, 12, 2, 12, tzinfo=UTC), (0, 1, 2, 23)),
    ):
        world = World()
        world.moment = moment
        offsets = ("-05:00", "-04:00")
        events = [
            flight(
                index * 2 + number,
                day=day,
                time=f"{day}T{hour:02d}:30:00{offset}",
            )
            for index, hour in enumerate(hours)
            for number, offset in enumerate(offsets)
        ]
        world.ingest(events)
        assert world.bill(period=period).events.metered == 8


def test_a_leap_day_is_billed_in_february() -> None:
    world = World()
    world.moment = datetime(2016, 4, 2, 12, tzinfo=UTC)
    world.ingest(
        [
            flight(1, day="2016-02-29", time="2016-02-29T00:00:00-05:00"),
            flight(2, day="2016-02-29", time="2016-02-29T23:59:59.999999-05:00"),
            flight(3, day="2016-03-01", time="2016-03-01T00:00:00-05:00"),
        ]
    )
    assert world.bill(period="2016-02").events.metered == 2
    assert world.bill(period="2016-03").events.metered == 1
