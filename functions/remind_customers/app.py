"""The hourly schedule: customers are reminded of what is overdue, once a day each."""

from datetime import datetime

from billproof.adapters.typst.account_documents import render_account_document
from billproof.composition import Composition
from billproof.handlers import count, step
from billproof.model import Model
from billproof.receivables.reminding import MOST_TIME, EntityReminders, ReminderSources, remind_customers
from billproof.time_shares import in_shares


class RemindRequest(Model):
    """A legal entity; without one all of them."""

    legal_entity: str | None = None


class RemindersResult(Model):
    """What was done for each legal entity."""

    entities: tuple[EntityReminders, ...]


@step(RemindRequest, name="remind_customers")
def handler(request: RemindRequest, ports: Composition) -> RemindersResult:
    """Go on with today's customers, and count reminders and the mails that are refused."""
    ids = [request.legal_entity] if request.legal_entity else ports.directory.entity_ids()

    def work(entity: str, until: datetime) -> EntityReminders:
        sources = ReminderSources(
            entity=ports.directory.legal_entity(entity),
            receivables=ports.cash_sources().receivables(entity),
            book=ports.collection_book,
            disputes=ports.dispute_book,
            draw=render_account_document,
            mailer=ports.document_mailer,
            sender=ports.settings.sender,
            clock=ports.now,
        )
        return remind_customers(sources, until=until)

    entities = in_shares(ids, work, clock=ports.now, most=MOST_TIME)
    count("RemindersGiven", sum(entity.given for entity in entities))
    count("DeliveryProblems", sum(entity.refused for entity in entities))
    return RemindersResult(entities=tuple(entities))
