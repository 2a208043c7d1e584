"""What a record says that its fact follows: an earlier fact of the same thing, which has a record of its own.

    released  <- held         of one document          version 3 <- version 2      of one contract, meter, entity
    decided   <- opened       of one exception         numbers 101 <- numbers 1    of one series
    signed off <- last run closed, of one month        change 2 <- change 1        of one balance, one limit
    reopened <- signed off         of one month

Records of one chain are in order. Those of two were written by processes whose clocks may differ.
"""

from datetime import datetime

from billproof.audit.index import RecordedEntry
from billproof.audit.model import ADOPTED
from billproof.periods import CLOCK_SKEW
from billproof.store_keys import FactKey, PartitionName, VersionKey


def why_not_followed(one: RecordedEntry, before: RecordedEntry | None) -> str | None:
    """Say why a record cannot follow what it names as before it, whose first record is given; None where it can."""
    if before is None:
        return "of which there is no record"
    if _thing_of(one.entry.place) != _thing_of(one.entry.before):
        return "which is of something else"
    return None if _is_earlier(before, one) else f"which was recorded later: {before.where} of {before.block.at}"


def _is_earlier(before: RecordedEntry, one: RecordedEntry) -> bool:
    if before.entry.what == ADOPTED:  # it was stored before the chain began
        return True
    if before.block.chain == one.block.chain:
        return before.block.sequence <= one.block.sequence
    return _instant(before.block.at) <= _instant(one.block.at) + CLOCK_SKEW


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _thing_of(place: tuple[str, ...]) -> tuple[str, ...]:
    """Return what a fact is of, by its place."""
    partition, *sorts = place
    sort = "".join(sorts)
    name = PartitionName.parse(partition)
    match name.kind:
        case "signed-off":
            return ("runs", *name.parts, FactKey.parse(sort).subject)
        case "invoices" | "exceptions" | "balance":
            return (name.kind, *name.parts, FactKey.parse(sort).subject)
        case "account" | "catalog" | "limits":
            version = VersionKey.parse(sort)
            if (name.kind, version.kind) == ("catalog", "policy"):  # where policies were before people had identities
                return ("policies", version.name)
            return (name.kind, *name.parts, version.kind, version.name)
        case _:
            return (name.kind, *name.parts)
