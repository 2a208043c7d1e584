"""What people make happen once more, as facts: letters and events that are sent again, replays, redrives.

operator-actions#<legal entity, or _shared>    <subject>#<instant>#<action>#asked    who asks, and how it was before
                                               <subject>#<instant>#<action>#done     what came of it

asked is written -> it is done -> done is written
                    ^ crash: nothing is done of which the chain does not know who asked for it
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from billproof.audit.naming import SHARED
from billproof.callers import Identity
from billproof.decision_keys import ActionKey
from billproof.errors import Contended
from billproof.ids import shown
from billproof.model import Model
from billproof.periods import instant_text, read_instant
from billproof.ports import Key, Record, Records
from billproof.store_keys import partition_name

MOST_AT_ONCE = 100
"""Times that the same is asked for of one thing in one instant."""


class OperatorAction(StrEnum):
    """What is done once more."""

    REDRIVE_EXCEPTION = "redrive_exception"
    REDRIVE_LETTERS = "redrive_letters"
    REDRIVE_RUN = "redrive_run"
    REPLAY_USAGE = "replay_usage"
    REPLAY_WEBHOOKS = "replay_webhooks"
    RESEND_DOCUMENT = "resend_document"
    RESEND_EVENT = "resend_event"
    RESEND_MESSAGE = "resend_message"


class AskedAction(Model):
    """Who asks for an action on a queue, event, document, endpoint or run, when, and how that was before."""

    action: OperatorAction
    subject: str
    asked_by: str
    identity: Identity | None
    asked_at: str
    before: str


class DoneAction(Model):
    """What came of an action."""

    action: OperatorAction
    subject: str
    done_by: str
    done_at: str
    after: str


@dataclass
class Outcome:
    """What came of an action, in words; its block says it."""

    after: str = ""


@dataclass(frozen=True)
class Asker:
    """Who asks: a name, and the identity that the API authenticated; the command has its AWS credentials alone."""

    name: str
    identity: Identity | None = None


@dataclass(frozen=True)
class OperatorActions:
    """Writes down what people make happen once more, in the chain of a legal entity or in that of what is shared."""

    records: Records
    legal_entity: str = field(default=SHARED)

    @contextmanager
    def recorded(
        self, action: OperatorAction, subject: str, *, by: Asker, before: str, clock: Callable[[], datetime]
    ) -> Iterator[Outcome]:
        """Record who asks for an action before its block does it, and afterwards what came of it.

        Who asks for the same in the same instant is recorded at the next microsecond. Raises Contended, and does
        nothing, where others took MOST_AT_ONCE of them.
        """
        wanted = self._asked(
            AskedAction(
                action=action,
                subject=subject,
                asked_by=by.name,
                identity=by.identity,
                asked_at=instant_text(clock()),
                before=before,
            )
        )
        first = self._key(wanted, "asked")
        outcome = Outcome()
        yield outcome
        done_at = instant_text(clock())
        done = DoneAction(action=action, subject=subject, done_by=by.name, done_at=done_at, after=outcome.after)
        self.records.create(Record(self._key(wanted, "done"), done.model_dump(mode="json"), before=first))

    def _asked(self, wanted: AskedAction) -> AskedAction:
        at = read_instant(wanted.asked_at)
        for later in range(MOST_AT_ONCE):
            fact = wanted.model_copy(update={"asked_at": instant_text(at + timedelta(microseconds=later))})
            if self.records.create(Record(self._key(fact, "asked"), fact.model_dump(mode="json"))):
                return fact
        message = f"{wanted.action} of {shown(wanted.subject)} was asked for {MOST_AT_ONCE} times in this moment"
        raise Contended(message)

    def _key(self, wanted: AskedAction, fact: str) -> Key:
        sort = ActionKey(wanted.subject, wanted.asked_at, wanted.action, fact)
        return Key(partition_name("operator-actions", self.legal_entity), str(sort))
