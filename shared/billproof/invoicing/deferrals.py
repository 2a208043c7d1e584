"""Which documents a month earns something of that was deferred."""

from collections.abc import Iterable, Iterator

from billproof.identities import InvoiceId
from billproof.ids import shard_of
from billproof.invoicing.facts import REGISTER_SHARDS
from billproof.ports import Key, Record
from billproof.store_keys import partition_name


def deferrals(document: InvoiceId, months: Iterable[str]) -> Iterator[Record]:
    """Yield the note of each month that earns something of a document later."""
    shard = shard_of(document.subject, REGISTER_SHARDS)
    for month in months:
        key = Key(revenue_partition(document.legal_entity, month, shard), str(document))
        yield Record(key, {"document": str(document)})


def revenue_partition(entity: str, month: str, shard: int) -> str:
    """Return where the documents are of which a month earns something."""
    return partition_name("revenue", entity, month, str(shard))
