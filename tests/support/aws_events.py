"""Telling other systems what happened, played over moto: events whose objects were lost meanwhile, too."""

from tests.support.aws_chain import Chain

DRAFTED = "runs/skymeter-inc-2013-02-001/drafts/lost.json"


def tell(chain: Chain) -> None:
    """Lose what was drafted and refused, and publish; what is there no more tells nothing."""
    drafting = chain.ports("draft_invoices")
    drafting.objects.put(DRAFTED, b"{}")
    drafting.settle()
    for folder in ("runs/", "quarantine/"):
        chain.lose(folder)
    chain.call("publish_events", {})
