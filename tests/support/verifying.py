"""Verifying the audit chain of a world."""

from collections.abc import Sequence

from billproof.audit.findings import Verification
from billproof.audit.heads import Anchor, Head
from billproof.audit.verifying import AuditedStores, verify
from tests.support.memory_stores import MemoryStores


def audited(world: MemoryStores, *, anchors: Sequence[Anchor] = (), heads: Sequence[Head] = ()) -> AuditedStores:
    facts = {name: records.memory for name, records in world.records.items()}
    return AuditedStores(
        chain=world.chain, facts=facts, objects=world.objects.memory, anchors=tuple(anchors), heads=tuple(heads)
    )


def verified(world: MemoryStores, *, anchors: Sequence[Anchor] = (), heads: Sequence[Head] = ()) -> Verification:
    return verify(audited(world, anchors=anchors, heads=heads))
