"""Who asked for a run or a credit note, as facts that only the API's functions write.

requests#<entity>        <run or credit note>#<person>    by which identity, and when
request-keys#<entity>    <person>#<idempotency key>       the run that was started under a key
"""

from collections.abc import Sequence

from billproof.callers import Identity
from billproof.errors import Conflict
from billproof.identities import RunId
from billproof.model import Model
from billproof.ports import Key, Record, Records
from billproof.store_keys import partition_name, sort_key


class Asked(Model):
    """That somebody asked for a run or a credit note."""

    requested_by: str
    identity: Identity
    asked_at: str


class KeyedRun(Model):
    """The run that an idempotency key started, and the accounts that it was limited to."""

    run_id: str
    only_accounts: tuple[str, ...]


class Requests:
    """Requests, over the facts that only the API writes."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def note(self, entity: str, subject: str, request: Asked) -> None:
        """Keep who asked; the same person's second time changes nothing."""
        key = _key(entity, subject, request.requested_by)
        self._records.create(Record(key, request.model_dump(mode="json")))

    def of(self, entity: str, subject: str, person: str) -> Asked | None:
        """Return a person's request, or None."""
        document = self._records.get(_key(entity, subject, person))
        return Asked.model_validate(document) if document else None

    def run_under(
        self, key: str, person: str, legal_entity: str, period: str, only_accounts: Sequence[str]
    ) -> str | None:
        """Return the run that was started under a key, or None; raises Conflict where it was used for another one."""
        document = self._records.get(_place(legal_entity, key, person)) if key else None
        if document is None:
            return None
        keyed = KeyedRun.model_validate(document)
        run = RunId.parse(keyed.run_id)
        same = (run.legal_entity, run.period, keyed.only_accounts)
        if same != (legal_entity, period, tuple(sorted(set(only_accounts)))):
            message = f"this idempotency key was used for {keyed.run_id}: use another one"
            raise Conflict(message)
        return keyed.run_id

    def keep_run(self, key: str, person: str, run_id: str, only_accounts: Sequence[str]) -> None:
        """Keep the run that a key started."""
        if key:
            keyed = KeyedRun(run_id=run_id, only_accounts=tuple(sorted(set(only_accounts))))
            entity = RunId.parse(run_id).legal_entity
            self._records.create(Record(_place(entity, key, person), keyed.model_dump(mode="json")))


def _key(entity: str, subject: str, person: str) -> Key:
    return Key(partition_name("requests", entity), sort_key(subject, person))


def _place(entity: str, key: str, person: str) -> Key:
    return Key(partition_name("request-keys", entity), sort_key(person, key))
