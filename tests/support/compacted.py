"""Compaction in tests: a round of it over a world's usage log."""

import json

from billproof.usage.compacting import CompactionItem, CompactionRequest, plan_compaction
from billproof.usage.compaction import compact_day
from tests.support.late_usage import FEB, JAN, RUN_DAYS
from tests.support.world import World


def compact(world: World) -> list[CompactionItem]:
    """A round of compaction, as the state machine plays it."""
    planned = plan_compaction(
        CompactionRequest(months=(JAN, FEB)), objects=world.objects, buckets=world.buckets(), now=RUN_DAYS[FEB]
    )
    items = json.loads(world.objects.get(planned.items_key)) if planned.items_key else []
    items = [CompactionItem.model_validate(item) for item in items]
    for item in items:
        compact_day(item.bucket, item.day, objects=world.objects, meters=world.directory.meters(), spread=item.spread)
    return items
