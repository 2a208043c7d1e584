"""The heads of the audit chain, kept where nobody can change them."""

from datetime import date

from billproof.audit.heads import anchor_days
from billproof.composition import Composition
from billproof.handlers import step
from billproof.model import Model


class AnchorRequest(Model):
    """Nothing is asked for: every whole day without an anchor gets one."""


class AnchoredDays(Model):
    """The days that this call anchored."""

    days: tuple[date, ...]


@step(AnchorRequest, name="anchor_audit")
def handler(_request: AnchorRequest, ports: Composition) -> AnchoredDays:
    """Keep the head and the Merkle root of every chain and day, locked."""
    days = anchor_days(ports.chain, ports.anchors, today=ports.now().date())
    return AnchoredDays(days=tuple(days))
