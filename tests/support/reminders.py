"""A legal entity that reminds its customers after 5, 15 and 30 days, at most once a week."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from billproof.approvals.policy import Policy
from billproof.receivables.collection_book import CollectionBook
from billproof.receivables.notes import CollectionNote
from billproof.receivables.noting import note_collection
from billproof.receivables.reminders import CollectionFact, CollectionKind
from billproof.receivables.reminding import EntityReminders, ReminderSources, remind_customers
from tests.support.cash import cash_world, receivables_of
from tests.support.fakes import MemoryMailer
from tests.support.world import INC, World

LEVELS = [
    {"days_overdue": 5, "text": "perhaps you missed these invoices."},
    {"days_overdue": 15, "text": "please pay these invoices within a week."},
    {"days_overdue": 30, "text": "this is our last reminder."},
]
SENDER = "billing@skymeter.example"
FIRST, SECOND = "SKY-US-2013-000001", "SKY-US-2013-000002"


def reminding_world(*months: str) -> World:
    return with_reminders(cash_world(*months))


def with_reminders(world: World) -> World:
    policy = world.directory.policy(INC).model_dump(mode="json")
    rules = {"levels": LEVELS, "days_between": 7}
    world.publish(Policy.model_validate({**policy, "version": policy["version"] + 1, "reminders": rules}))
    return world


def sources(world: World, day: str, **changes: Any) -> ReminderSources:
    """Return what reminding reads at noon of a day, where the legal entity is: five hours after it is noon in UTC."""
    noon = datetime.fromisoformat(day).replace(hour=17, tzinfo=UTC)
    fields: dict[str, Any] = {
        "entity": world.directory.legal_entity(INC),
        "receivables": receivables_of(world),
        "book": world.collection_book,
        "disputes": world.dispute_book,
        "draw": lambda letter: f"%PDF {letter.name} {letter.text}".encode(),
        "mailer": MemoryMailer(),
        "sender": SENDER,
        "clock": lambda: noon,
        **changes,
    }
    return ReminderSources(**fields)


def remind(world: World, day: str, **changes: Any) -> EntityReminders:
    ports = sources(world, day, **changes)
    return remind_customers(ports, until=ports.clock() + timedelta(minutes=12))


def facts(world: World, kind: CollectionKind = CollectionKind.REMINDED) -> list[CollectionFact]:
    return [fact for fact in world.collection_book.state(INC, "UA").facts if fact.kind is kind]


def reminded(world: World) -> list[tuple[str, list[tuple[str, int]]]]:
    return [(str(fact.day), [(row.number, row.level) for row in fact.reminded]) for fact in facts(world)]


def note(world: World, day: str, verdict: str, **fields: Any) -> None:
    wanted = {"legal_entity": INC, "account": "UA", "verdict": verdict, "reason": "they called", **fields}
    note_collection(
        CollectionNote.model_validate(wanted),
        noted_by="ben",
        receivables=receivables_of(world),
        book=world.collection_book,
        today=date.fromisoformat(day),
        now=datetime.fromisoformat(day).replace(hour=17, tzinfo=UTC),
    )


def every_day(world: World, first: str, last: str, **changes: Any) -> None:
    day = date.fromisoformat(first)
    while day <= date.fromisoformat(last):
        remind(world, day.isoformat(), **changes)
        day += timedelta(days=1)


class Failing(MemoryMailer):
    """A mail service that raises an error."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    def send(self, *, to: str, message: bytes, copies: Sequence[str] = ()) -> None:
        raise self._error


class Interrupted(CollectionBook):
    """A book to which somebody else adds a fact just before the first one of ours."""

    def __init__(self, world: World, first: Callable[[], object]) -> None:
        super().__init__(world.records["payments"])
        self._first: Callable[[], object] | None = first

    def add(self, entity: str, account: str, fact: CollectionFact) -> bool:
        first, self._first = self._first, None
        if first is not None:
            first()
        return super().add(entity, account, fact)
