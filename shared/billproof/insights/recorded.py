"""A fact as the audit chain recorded it, and what it adds to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from billproof.identities import InvoiceId
from billproof.insights.figures import Figures
from billproof.insights.standing import ProcessStanding
from billproof.periods import Period
from billproof.ports import Document, Key, Objects, Records
from billproof.store_keys import FactKey, PartitionName


@dataclass(frozen=True)
class FactSources:
    """The facts of all stores by name, and the objects."""

    facts: Mapping[str, Records]
    objects: Objects


@dataclass(frozen=True)
class RecordedFact:
    """A fact with where it is and when it was recorded, and what it adds to."""

    key: Key
    document: Document
    store: str
    at: str
    standing: ProcessStanding
    figures: Figures
    sources: FactSources

    @property
    def invoice(self) -> InvoiceId:
        """The document that a fact of the register is about."""
        name = PartitionName.parse(self.key.partition)
        return InvoiceId.of_subject(name.parts[0], name.parts[1], FactKey.parse(self.key.sort).subject)

    @property
    def moment(self) -> datetime:
        """When it was recorded."""
        return datetime.fromisoformat(self.at)

    @property
    def day(self) -> date:
        """On which day of the legal entity it was recorded."""
        return self.standing.day_of(self.at)

    def since(self, at: str) -> timedelta:
        """Return how long after another record it was written."""
        return self.moment - datetime.fromisoformat(at)

    def since_end_of(self, period: str) -> timedelta:
        """Return how long after the end of a month it was written."""
        return self.moment - self.standing.midnight(Period.month(period).end)

    def hears_of(self, integration: str) -> None:
        """Note that an integration was heard of."""
        self.standing.last[integration] = self.at
