"""The exception store: facts about exceptions that are added and never edited.

    exceptions#<entity>#<period>
        <subject>#<ordinal>#opened          the exception: why, how much, who asked
        <subject>#<ordinal>#token#<n>       the task token that the workflow waits under; the second is a reminder
        <subject>#<ordinal>#decided         that it is superseded; decisions of people from before they had identities

    exceptions#<entity>#<period>, in the table that only the API's functions write
        <subject>#<ordinal>#decided         a person's decision
        <subject>#<ordinal>#note#<n>        a comment, who looks after it, until when it is put aside

The subject is an account, a credit note such as `UA~01`, or `_run`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from billproof.approvals.limits import ApprovalLimits
from billproof.approvals.model import Decision, ExceptionRecord, ExceptionState, Verdict
from billproof.approvals.notes import ExceptionNote, assignee_of, snoozed_until
from billproof.approvals.requests import Requests
from billproof.errors import Contended, NotFound
from billproof.identities import ExceptionId
from billproof.ids import digest_bytes, shown
from billproof.model import Model
from billproof.ports import Key, Record, Records
from billproof.retrying import attempts
from billproof.store_keys import ExceptionFactKey, ExceptionOrdinal, FactKey, FactName, ordinal_text, partition_name

OPENED, TOKEN, DECIDED, NOTE = "opened", "token", "decided", "note"
OPEN = "open"
MAX_ATTEMPTS = 10


class Token(Model):
    """The task token that a workflow waits under."""

    token: str
    given_at: str


def execution_name(exception: str) -> str:
    """Return the name of an exception's execution: at most 80 characters, whatever the names of accounts."""
    return f"exception-{digest_bytes(exception.encode())[:40]}"


def _place(exception: str) -> tuple[str, ExceptionFactKey]:
    """Return the partition and the key of an exception's facts; raises NotFound."""
    identity = ExceptionId.parse(exception)
    return _partition(identity.legal_entity, identity.period), ExceptionFactKey(identity.subject, identity.ordinal)


def _partition(legal_entity: str, period: str) -> str:
    return partition_name("exceptions", legal_entity, period)


class ExceptionStore:
    """Exceptions, over records."""

    def __init__(self, records: Records, decisions: Records) -> None:
        self._records = records
        self._decisions = decisions

    def open(self, opened: ExceptionRecord) -> bool:
        """Keep an exception; False where it is there already."""
        return self._add(opened.id, OPENED, opened)

    def decide(self, decision: Decision, counted: Sequence[Record] = ()) -> bool:
        """Keep a person's decision and what it counts for; False where there is one already, or another came first."""
        return self._decisions.create_all([_record(decision.exception, DECIDED, decision), *counted])

    def note(self, exception: str, note: ExceptionNote) -> bool:
        """Keep what a person noted; False where another note took its place."""
        return self._decisions.create(_record(exception, str(FactName(NOTE, ordinal_text(note.ordinal))), note))

    def notes(self, exception: str) -> list[ExceptionNote]:
        """Return what people noted of an exception, the oldest first."""
        partition, key = _place(exception)
        records = self._decisions.query(partition, prefix=str(replace(key, fact=NOTE)))
        return [ExceptionNote.model_validate(record.document) for record in records]

    def supersede(self, decision: Decision) -> bool:
        """Keep that an exception is no longer needed; False where there is such a fact already."""
        return self._add(decision.exception, DECIDED, decision)

    @property
    def requests(self) -> Requests:
        """Who asked for what."""
        return Requests(self._decisions)

    @property
    def limits(self) -> ApprovalLimits:
        """What people approved so far."""
        return ApprovalLimits(self._decisions, self._decided_at)

    def _decided_at(self, exception: str) -> str | None:
        """Return when a person decided an exception, or None."""
        partition, key = _place(exception)
        decided = self._decisions.query(partition, prefix=str(replace(key, fact=DECIDED)))
        return next((Decision.model_validate(record.document).decided_at for record in decided), None)

    def wait(self, exception: str, token: Token) -> int:
        """Keep a token and return how many there were before it; raises Contended."""
        number = len(self._tokens(exception))
        for _ in attempts(MAX_ATTEMPTS):
            if self._add(exception, str(FactName(TOKEN, f"{number:04d}")), token):
                return number
            number += 1
        message = f"others kept waiting for {exception}"
        raise Contended(message)

    def last_token(self, exception: str) -> Token | None:
        """Return the token under which the workflow waits now, or None."""
        tokens = self._tokens(exception)
        return Token.model_validate(tokens[-1]) if tokens else None

    def state(self, exception: str) -> ExceptionState:
        """Return an exception as it stands; raises NotFound."""
        partition, key = _place(exception)
        state = next(iter(self._states(partition, str(key))), None)
        if state is None:
            message = f"there is no exception {shown(exception)}"
            raise NotFound(message)
        return state

    def of_period(self, legal_entity: str, period: str) -> list[ExceptionState]:
        """Return the exceptions of a legal entity and period, by subject and ordinal."""
        return list(self._states(_partition(legal_entity, period), ""))

    def waiting(self, legal_entity: str, period: str) -> list[ExceptionState]:
        """Return the exceptions that nobody decided and no later one about the same subject takes the place of."""
        states = self.of_period(legal_entity, period)
        by_subject: dict[str, list[ExceptionState]] = {}
        for state in states:
            by_subject.setdefault(state.opened.subject, []).append(state)
        return [
            state
            for state in states
            if state.decision is None and superseded_by(state, by_subject[state.opened.subject]) is None
        ]

    def of_subject(self, legal_entity: str, period: str, subject: str) -> list[ExceptionState]:
        """Return the exceptions about one invoice, or about the runs of a period, oldest first."""
        return list(self._states(_partition(legal_entity, period), str(FactKey(subject))))

    def beginning(self, legal_entity: str, period: str, prefix: str) -> list[ExceptionState]:
        """Return the exceptions of a legal entity and period whose subjects begin so."""
        return list(self._states(_partition(legal_entity, period), prefix))

    def _states(self, partition: str, prefix: str) -> Iterator[ExceptionState]:
        grouped: dict[tuple[str, ExceptionOrdinal], dict[str, Any]] = {}
        for record in (
            *self._records.query(partition, prefix=prefix),
            *self._decisions.query(partition, prefix=prefix),  # a person's decision is read last: it counts
        ):
            key = ExceptionFactKey.parse(record.key.sort)
            grouped.setdefault((key.subject, ExceptionOrdinal.parse(key.ordinal)), {})[key.fact] = record.document
        for _, facts in sorted(grouped.items()):
            if OPENED not in facts:  # it was removed, which `audit verify` and proofs name: nothing can be said of it
                continue
            decision = Decision.model_validate(facts[DECIDED]) if DECIDED in facts else None
            noted = sorted(name for name in facts if FactName.parse(name).kind == NOTE)
            notes = [ExceptionNote.model_validate(facts[name]) for name in noted]
            yield ExceptionState(
                opened=ExceptionRecord.model_validate(facts[OPENED]),
                status=decision.verdict.value if decision else OPEN,
                decision=decision,
                reminders=max(sum(FactName.parse(name).kind == TOKEN for name in facts) - 1, 0),
                assignee=assignee_of(notes),
                snoozed_until=snoozed_until(notes),
                notes=len(notes),
            )

    def _tokens(self, exception: str) -> list[Any]:
        partition, key = _place(exception)
        records = self._records.query(partition, prefix=str(replace(key, fact=TOKEN)))
        tokens = {int(FactName.parse(_fact(record)).of): record.document for record in records}
        return [tokens[number] for number in sorted(tokens)]

    def _add(self, exception: str, fact: str, document: Model) -> bool:
        return self._records.create(_record(exception, fact, document))


def _record(exception: str, fact: str, document: Model) -> Record:
    partition, key = _place(exception)
    opened = None if fact == OPENED else Key(partition, str(replace(key, fact=OPENED)))
    return Record(Key(partition, str(replace(key, fact=fact))), document.model_dump(mode="json"), opened)


def _fact(record: Record) -> str:
    return ExceptionFactKey.parse(record.key.sort).fact


def superseded_by(state: ExceptionState, others: list[ExceptionState]) -> str | None:
    """Name the later exception about the same subject that takes this one's place, or None."""
    later = {
        _ordinal(other): other.opened.id
        for other in others
        if _ordinal(other) > _ordinal(state) and other.status != Verdict.SUPERSEDED
    }
    return later[max(later)] if later else None


def _ordinal(state: ExceptionState) -> ExceptionOrdinal:
    return ExceptionOrdinal.parse(ExceptionId.parse(state.opened.id).ordinal)
