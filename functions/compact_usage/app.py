"""One bucket and day of compaction: from segments to one Parquet object."""

from billproof.composition import Composition
from billproof.handlers import step
from billproof.usage.compacting import CompactionItem
from billproof.usage.compaction import Compacted, compact_day


@step(CompactionItem, name="compact_usage")
def handler(request: CompactionItem, ports: Composition) -> Compacted:
    """Compact the bucket and day."""
    return compact_day(
        request.bucket,
        request.day,
        objects=ports.objects,
        meters=ports.directory.meters(),
        spread=request.spread,
    )
