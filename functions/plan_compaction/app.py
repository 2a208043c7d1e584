"""The first step of compaction: which buckets and days have segments that no compaction covers."""

from billproof.composition import Composition
from billproof.handlers import step
from billproof.usage.compacting import CompactionRequest, CompactionRound, plan_compaction


@step(CompactionRequest, name="plan_compaction")
def handler(request: CompactionRequest, ports: Composition) -> CompactionRound:
    """Write down what is to be compacted; after the round, say whether it was."""
    return plan_compaction(request, objects=ports.objects, buckets=ports.buckets(), now=ports.now())
