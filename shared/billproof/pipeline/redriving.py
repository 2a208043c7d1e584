"""Redrives that are about to begin: a redrive and a start say what they will do before they look at each other.

redriven#<entity>     <ordinal>      the run that is about to be redriven, and when; "" where nothing came of it

    redrive    notes itself         | looks for runs that are under way or written down: if there is one, it is refused
    start      writes its run down  | looks for a redrive that is noted: if there is one, the run waits for another call

So of a redrive and a start in the same second one goes on at most. Both may be refused; they are safe to repeat.
"""

from datetime import datetime, timedelta

from billproof.errors import Contended
from billproof.periods import instant_text
from billproof.ports import Key, Record, Records
from billproof.retrying import attempts
from billproof.store_keys import partition_name, turn_key

MAX_ATTEMPTS = 10
REDRIVE_TAKES = timedelta(minutes=5)
"""For how long Step Functions may say of a run that is being redriven that it failed."""


def note_redrive(records: Records, legal_entity: str, run_id: str, now: datetime) -> None:
    """Note that a run is about to be redriven, or with "" that nothing came of it; raises Contended."""
    for _ in attempts(MAX_ATTEMPTS):
        last = _last(records, legal_entity)
        ordinal = int(last.key.sort) + 1 if last else 1
        note = {"run_id": run_id, "noted_at": instant_text(now)}
        if records.create(Record(Key(_redriven(legal_entity), turn_key(ordinal)), note, last.key if last else None)):
            return
    message = f"others kept redriving runs of {legal_entity}"
    raise Contended(message)


def noted_redrive(records: Records, legal_entity: str, now: datetime) -> str | None:
    """Return the run of a legal entity that is about to be redriven, or None."""
    last = _last(records, legal_entity)
    if last is None or now - datetime.fromisoformat(last.document["noted_at"]) >= REDRIVE_TAKES:
        return None
    return last.document["run_id"] or None


def _redriven(legal_entity: str) -> str:
    return partition_name("redriven", legal_entity)


def _last(records: Records, legal_entity: str) -> Record | None:
    return next(iter(records.query(_redriven(legal_entity), newest_first=True, limit=1)), None)
