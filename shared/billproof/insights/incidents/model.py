"""An incident: what exceptions of a month share, since when, what they come to, and why they are taken together."""

from billproof.approvals.incident_id import SharedKind
from billproof.approvals.model import ExceptionState
from billproof.model import Exact, Model
from billproof.money import Money


class Incident(Model):
    """Exceptions of a month that share a fact: `what` happened to the `thing`.

    `waiting` of its `exceptions` are not decided, and come to `amounts` by currency, `unknown_amounts` of them apart;
    what a run is held for is not added, since its invoices have it. Of the `clean_looked_at` accounts without an
    exception `clean_sharing` share the fact; an account that shares it has an exception `lift` times as often as any
    account that was looked at. `first_bad` is the first moment at which it was so, as far as the facts say: an hour or
    an instant (UTC), or a day.
    """

    id: str
    legal_entity: str
    period: str
    kind: SharedKind
    thing: str
    what: str
    says: str
    first_bad: str | None
    opened_at: str
    accounts: int
    exceptions: int
    waiting: int
    amounts: tuple[Money, ...]
    unknown_amounts: int
    clean_looked_at: int
    clean_sharing: int
    lift: Exact
    remedy: str


class MonthIncidents(Model):
    """The incidents of a month, each with its exceptions, and how much of the month was looked at.

    `alone` counts the exceptions that are in none; `left_out` the accounts of the runs that were not looked at, since
    there is a limit; `unreadable` the objects of the runs that could not be read.
    """

    incidents: tuple[Incident, ...]
    states: dict[str, tuple[ExceptionState, ...]]
    alone: int
    left_out: int
    unreadable: tuple[str, ...]
