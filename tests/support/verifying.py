"""Verifying the audit chain of a world."""

from collections.abc import Sequence
from datetime import date

from billproof.audit.findings import Verification
from billproof.audit.heads import Head, read_anchors
from billproof.audit.verifying import AuditedStores, verify
from billproof.invoicing.archived import archived_as
from tests.support.fakes import MemoryObjects
from tests.support.memory_stores import MemoryStores


def audited(world: MemoryStores, *, heads: Sequence[Head] = (), today: date | None = None) -> AuditedStores:
    return AuditedStores(
        chain=world.chain,
        facts={name: records.memory for name, records in world.records.items()},
        objects=world.objects.memory,
        anchors=tuple(read_anchors(world.anchors)),
        heads=tuple(heads),
        today=today,
        locked=locked_by(world),
        archived_as=archived_as(world.register, world.directory),
    )


def locked_by(world: MemoryStores) -> MemoryObjects:
    """Return the bucket of the anchors, where the archive is, too."""
    locked = MemoryObjects()
    locked.items = {**world.anchors.items, **world.archive.items}
    return locked


def verified(world: MemoryStores, *, heads: Sequence[Head] = (), today: date | None = None) -> Verification:
    return verify(audited(world, heads=heads, today=today))
