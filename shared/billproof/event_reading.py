"""What events are read off: the audit chain, and what its records are of."""

from billproof.composition import Composition
from billproof.events.deriving import EventSources


def event_sources(ports: Composition) -> EventSources:
    """Return the chain, and the facts and objects that tell something; the ledger's are those of invoices again."""
    facts = {
        "contracts": ports.contracts,
        "invoices": ports.invoices,
        "runs": ports.runs,
        "exceptions": ports.exception_facts,
        "decisions": ports.decisions,
    }
    return EventSources(ports.chain, facts, ports.objects, ports.directory)
