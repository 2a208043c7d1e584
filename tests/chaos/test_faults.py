"""Every use case is killed at its port calls, before and after the effect, and then simply done again.

The state that lasts must be that of steps that nothing disturbed, byte for byte. A step with more calls than
`--chaos-points` is killed at calls that are as far from each other, from one that SEED draws; `make chaos N=10` kills
at every call of every step.
"""

import random
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from billproof.erp.recognition import recognize_month
from billproof.pipeline.aggregating import aggregate_usage
from tests.support.faults import Killed, fused, restore, snapshot, state_of
from tests.support.levels import SEED
from tests.support.verifying import verified
from tests.support.world import INC, JANUARY, World, flight

RUN = f"{INC}-2013-01-001"
Step = Callable[[World], object]
CASE = f"{INC}.{JANUARY}.EV.001"
CREDITED = f"{INC}.{JANUARY}.UA"


def month() -> World:
    """Fourteen flights, one of them twice, one corrected; EV is held."""
    world = World(batch_size=5)
    contract = world.directory.contracts("EV")[0]
    world.publish(contract.model_copy(update={"version": 2, "exclusions": ()}))
    return world


def ingest(world: World) -> None:
    world._sent = 0
    world.ingest(
        [
            *(flight(n) for n in range(1, 6)),
            flight(1),
            flight(6, corrects="2013-01-05:UA:2"),
            flight(1, account="EV", type="flight.cancelled"),
            flight(7, data={"distance": "-1"}),
        ],
        per_message=4,
    )
    world._sent = 100


def planned(world: World) -> None:
    world.start()
    world.plan(RUN)


def aggregated(world: World) -> None:
    aggregate_usage(run_id=RUN, bucket=0, objects=world.objects)


def batches(world: World) -> None:
    for batch in ("0000-0000", "0000-0001", "0000-0002"):
        world.invoice_batch(RUN, batch)


def closed(world: World) -> None:
    assert world.close(RUN).outcome == "closed"


def waited(world: World) -> None:
    world.wait(CASE, "token")


def decided(world: World) -> None:
    assert world.decide(CASE, "approved", "ben").outcome == "decided"


def applied(world: World) -> None:
    assert world.apply(CASE).outcome == "released"


def posted(world: World) -> None:
    world.post_all()


def reconciled(world: World) -> None:
    assert world.reconcile().outcome == "balanced"


def credit_asked(world: World) -> None:
    assert world.credit(CREDITED, rebill=True).outcome == "waiting"


def credit_applied(world: World) -> None:
    assert world.decide(f"{CREDITED}~01.001", "approved", "ben").outcome == "decided"
    assert world.apply(f"{CREDITED}~01.001").outcome == "released"


def credit_posted(world: World) -> None:
    world.post(f"{CREDITED}~01")


def recognized(world: World) -> None:
    done = recognize_month(
        legal_entity=INC,
        month="2013-02",
        directory=world.directory,
        register=world.register,
        objects=world.objects,
        erps=world.erps,
    )
    assert done.documents > 0


STEPS: list[Step] = [
    ingest,
    planned,
    aggregated,
    lambda world: world.check(RUN),
    batches,
    closed,
    waited,
    decided,
    applied,
    posted,
    credit_asked,
    credit_applied,
    credit_posted,
    recognized,
    reconciled,
]
NAMES = ["ingest", "plan", "aggregate", "check", "batches", "close", "wait", "decide", "apply", "post"]
NAMES += ["credit", "approve-credit", "post-credit", "recognize", "reconcile"]


@pytest.fixture(scope="module")
def undisturbed() -> list[dict[str, object]]:
    """The state after each step when nothing disturbs it."""
    world = month()
    states = []
    for step in STEPS:
        step(world)
        states.append(state_of(world))
    return states


def kills(calls: int, points: int) -> range:
    """Return the calls to kill at, counted from one: all of them, or about as many as there are points."""
    stride = max(1, round(calls / points))
    return range(random.Random(SEED).randint(1, stride), calls + 1, stride)


@pytest.mark.parametrize("after_effect", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("number", range(len(STEPS)), ids=NAMES)
def test_a_step_that_was_killed_anywhere_and_done_again_leaves_the_same_state(
    *, number: int, after_effect: bool, undisturbed: list[dict[str, object]], request: pytest.FixtureRequest
) -> None:
    world = month()
    for step in STEPS[:number]:
        step(world)
    begun = snapshot(world)
    fuse = fused(world)
    STEPS[number](world)
    calls = fuse.calls
    assert calls > 0
    for kill_at in kills(calls, request.config.getoption("--chaos-points")):
        restore(world, begun)
        fuse.arm(kill_at, after_effect=after_effect)
        with pytest.raises(Killed):
            STEPS[number](world)
        fuse.arm(None)
        STEPS[number](world)
        found = state_of(world)
        if NAMES[number] == "wait":  # every wait that was begun leaves its token: it is a fact, and a reminder
            found["exceptions"] = undisturbed[number]["exceptions"]
        assert found == undisturbed[number], f"killed at call {kill_at} of {calls}, seed {SEED}"
        world.settle()
        verification = verified(world)  # nothing was written without its record, and no record says what is not so
        assert verification.findings == (), f"killed at call {kill_at} of {calls}, seed {SEED}"


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
