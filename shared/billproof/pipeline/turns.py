"""The order in which the runs of a legal entity were started, over all months: one turn for each run.

turns#<entity>              <ordinal>            the run whose turn it was; the month that was signed off in its place
"""

from billproof.ports import Key, Record, Records
from billproof.store_keys import sort_key, turn_key


def _turns(legal_entity: str) -> str:
    return sort_key("turns", legal_entity)


def turn(legal_entity: str, ordinal: int, run_id: str) -> Record:
    """Return the record that gives a run its turn."""
    return Record(Key(_turns(legal_entity), turn_key(ordinal)), {"run_id": run_id})


def sign_off_turn(legal_entity: str, ordinal: int, period: str) -> Record:
    """Return the record by which a sign-off takes the place of a run that would start at the same moment."""
    return Record(Key(_turns(legal_entity), turn_key(ordinal)), {"signed_off": period})


def runs_in_turn(records: Records, legal_entity: str, *, limit: int) -> list[str]:
    """Return the last runs of a legal entity, of any month, in the order in which they were started."""
    turns = list(records.query(_turns(legal_entity), newest_first=True, limit=limit))
    return [record.document["run_id"] for record in reversed(turns) if "run_id" in record.document]


def last_turn(records: Records, legal_entity: str) -> int:
    """Return the ordinal of the last turn of a legal entity, of any month; 0 where there was none."""
    last = next(records.query(_turns(legal_entity), newest_first=True, limit=1), None)
    return int(last.key.sort) if last else 0
