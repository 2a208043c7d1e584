"""What the accounts of a batch used, as the aggregation wrote it: one part for each bucket that holds their events."""

from collections.abc import Iterable

from billproof.pipeline.artefacts import USAGE, Artefacts
from billproof.usage.keys import bucket_name
from billproof.usage.windows import Usages, by_window


def usage_part(batch: str, bucket: int) -> str:
    """Name the part of the usage that a bucket has for a batch."""
    return f"{batch}.{bucket_name(bucket)}"


def read_usages(artefacts: Artefacts, run_id: str, batch: str, buckets: Iterable[int]) -> Usages:
    """Return what the accounts of a batch used, from every bucket that holds events of them; raises NotFound."""
    parts = (artefacts.read(USAGE, run_id, usage_part(batch, bucket)) for bucket in buckets)
    return by_window(usage for part in parts for usage in part.accounts)
