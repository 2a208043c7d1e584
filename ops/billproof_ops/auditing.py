"""What of a stack its audit chain is compared with."""

from billproof.audit.heads import Head, read_anchors
from billproof.audit.verifying import AuditedStores
from billproof.invoicing.archived import archived_as
from billproof_ops.target import Target


def audited_stores(target: Target, heads: tuple[Head, ...] = ()) -> AuditedStores:
    """Return the stores of a stack, with its anchors and the heads that somebody kept."""
    ports = target.ports
    return AuditedStores(
        chain=ports.chain,
        facts={name: records.below for name, records in ports.facts.items()},
        objects=ports.objects,
        anchors=tuple(read_anchors(ports.anchors)),
        heads=heads,
        today=ports.now().date(),
        locked=ports.anchors,
        archived_as=archived_as(ports.register, ports.directory),
    )
