"""Nights of random events of one account, with a run of every month: what was sent is known, so it can be counted."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from billproof.conservation.service import balance_run
from billproof.pipeline.model import RunStatement
from billproof.proof.model import DifferenceKind
from billproof.proof.service import prove_run
from tests.support.world import INC, World, flight

MONTHS = ("2013-01", "2013-02", "2013-03")
RUN_DAYS = {
    "2013-01": datetime(2013, 2, 2, 12, tzinfo=UTC),
    "2013-02": datetime(2013, 3, 2, 12, tzinfo=UTC),
    "2013-03": datetime(2013, 4, 2, 12, tzinfo=UTC),
    "2013-04": datetime(2013, 5, 2, 12, tzinfo=UTC),  # nothing is sent: it states what was received in April
}


@dataclass(frozen=True)
class Night:
    """An event: which, of which day, before the run of which month it is written, and what is wrong with it."""

    number: int
    day: str
    written_in: str
    kind: str

    @property
    def event(self) -> dict[str, Any]:
        event = flight(self.number, day=self.day)
        changes: dict[str, dict[str, Any]] = {
            "corrected": {"id": f"{event['id']}:2", "corrects": event["id"]},
            "retracted": {"id": f"{event['id']}:x", "retracts": event["id"], "data": {}},
            "negative": {"data": {**event["data"], "distance": "-1"}},
            "misdated": {"time": f"{self.day}T12:00:00"},
            "at no time": {"time": "0001-01-01T00:00:00Z"},
            "typo": {"subject": "UAA"},
            "no subject": {"subject": None},
        }
        return {**event, **changes.get(self.kind, {})}

    @property
    def is_refused(self) -> bool:
        """Whether validation refuses it: for what it says, or because its day is still to come."""
        wrong = self.kind in {"negative", "misdated", "at no time", "typo", "no subject"}
        return wrong or datetime.fromisoformat(f"{self.day}T00:00:00+00:00") > RUN_DAYS[self.written_in]


NIGHTS = st.lists(
    st.builds(
        Night,
        number=st.integers(1, 6),
        day=st.sampled_from(("2012-12-30", "2013-01-05", "2013-01-31", "2013-02-01", "2013-02-10", "2013-03-03")),
        written_in=st.sampled_from(MONTHS),
        kind=st.sampled_from(
            ("plain", "again", "corrected", "retracted", "negative", "misdated", "at no time", "typo", "no subject")
        ),
    ),
    max_size=10,
)
"""Up to ten events, however late, early, corrected or misdated."""


@dataclass
class Sent:
    """How many events were sent, by what validation makes of them."""

    accepted: int = 0
    refused: int = 0


def play(nights: list[Night]) -> tuple[World, list[RunStatement], Sent]:
    """Write each night's event before its month's run, run every month, decide everything, and return it all."""
    world = World(accounts={"UA"})
    entity = world.directory.legal_entity(INC)
    world.publish(entity.model_copy(update={"version": entity.version + 1, "usage_sources": ("test/operations",)}))
    world.hold_for_no_amount()
    statements, sent = [], Sent()
    for month, day in RUN_DAYS.items():
        world.moment = day
        for night in nights:
            if night.written_in == month:
                world.ingest([night.event])
                sent.accepted += not night.is_refused
                sent.refused += night.is_refused
        statements.append(world.bill(period=month))
        _decide_all(world, month)
    return world, statements, sent


def assert_balanced(nights: list[Night]) -> None:
    """Play nights; every event is in the statement of one run, and every equation of each balances and is proved."""
    world, statements, sent = play(nights)
    for statement in statements:
        assert balance_run(statement.run, stores=world.stores()).balances
        differences = prove_run(statement.run, stores=world.stores()).differences
        assert {difference.kind for difference in differences} <= {DifferenceKind.NOTHING}, differences
    accepted = sum(statement.events.copies - statement.events.late for statement in statements)
    accepted += sum(statement.late_events.copies for statement in statements)
    refused = sum(place.events for statement in statements for place in statement.quarantine)
    assert (accepted, refused) == (sent.accepted, sent.refused)


def _decide_all(world: World, month: str) -> None:
    for state in world.exception_store.waiting(INC, month):
        if world.decide(state.opened.id, "approved", "ben").outcome == "decided":
            world.apply(state.opened.id)
    world.post_all(period=month)
