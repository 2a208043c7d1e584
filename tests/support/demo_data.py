"""Stores that hold the master data of the demo, for every world that begins with it."""

from datetime import datetime
from functools import cache

from billproof_ops.demo import story
from tests.support.memory_stores import MemoryStores


@cache
def published(moment: datetime, accounts: frozenset[str] | None) -> MemoryStores:
    """Publish the master data once in a process: all of it, or that of some accounts."""
    stores, demo = MemoryStores(moment=moment, buckets=1, batch_size=25), story.master_data()
    stores.publish(*demo.legal_entities, *demo.meters)
    stores.publish(*(account for account in demo.accounts if accounts is None or account.id in accounts))
    stores.publish(*(terms for terms in demo.contracts if accounts is None or terms.account in accounts))
    stores.publish(*demo.policies)
    return stores
