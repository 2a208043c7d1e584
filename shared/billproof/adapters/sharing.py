"""Previews that share what they read: each fact and object is read once, whatever is priced."""

from dataclasses import replace

from billproof.adapters.overlay import OverlayObjects, OverlayRecords
from billproof.approvals.governing import RememberedPolicies
from billproof.pipeline.previewing import PreviewSources
from billproof.pipeline.simulating import Sources
from billproof.remembering import RememberedObjects, RememberedRecords


def shared_sources(own: PreviewSources) -> Sources:
    """Return what makes the sources of some previews that share what they read, and nothing of what they write."""
    sources = replace(
        own,
        contracts=RememberedRecords(own.contracts, whole=True),
        policies=RememberedPolicies(own.policies),
        invoices=RememberedRecords(own.invoices),
        runs=RememberedRecords(own.runs),
    )
    objects = RememberedObjects(own.objects)

    def overlaid() -> PreviewSources:
        return replace(sources, contracts=OverlayRecords(sources.contracts), objects=OverlayObjects(objects))

    return overlaid
