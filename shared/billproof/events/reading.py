"""Reading a chain on from a position: blocks are numbered without a gap, so nothing is passed over."""

from billproof.audit.chain import AuditChain, block_key, blocks_partition
from billproof.audit.model import AuditBlock
from billproof.store_keys import sequence_text


def block_at(chain: AuditChain, name: str, sequence: int) -> AuditBlock | None:
    """Return a block by its place, or None where there is none."""
    document = chain.records.get(block_key(name, sequence))
    return AuditBlock.read(dict(document)) if document is not None else None


def blocks_after(chain: AuditChain, name: str, position: int) -> list[AuditBlock]:
    """Return the next blocks after a position: those, up to ten, whose numbers differ in the last digit only.

    One read tells that there is none, which is what most calls ask.
    """
    first = block_at(chain, name, position + 1)
    if first is None:
        return []
    prefix = sequence_text(first.sequence)[:-1]
    records = chain.records.query(blocks_partition(name), prefix=prefix)
    blocks = (AuditBlock.read(dict(record.document)) for record in records)
    return [block for block in blocks if block.sequence > position]


def position_before(chain: AuditChain, name: str, instant: str) -> int:
    """Return the last position whose block was written before an instant; 0 where all were written since."""
    head = chain.head(name)
    low, high = 0, head.sequence if head else 0
    while low < high:
        middle = (low + high + 1) // 2
        block = block_at(chain, name, middle)
        if block is not None and block.at < instant:
            low = middle
        else:
            high = middle - 1
    return low
