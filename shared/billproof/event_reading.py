"""What events are read off: the audit chain, and what its records are of."""

from billproof.composition import Composition
from billproof.events.deriving import EventSources


def event_sources(ports: Composition, *, is_telling: bool = False) -> EventSources:
    """Return the chain, and the facts and objects that tell something; the ledger's are those of invoices again.

    Who is telling keeps where objects are told first; others tell again what was told there.
    """
    facts = {
        "contracts": ports.contracts,
        "invoices": ports.invoices,
        "runs": ports.runs,
        "exceptions": ports.exception_facts,
        "decisions": ports.decisions,
        "payments": ports.payments,
    }
    positions = ports.positions

    def told(name: str, place: str) -> str:
        return positions.first(name) or place

    first_told = positions.keep_first if is_telling else told
    return EventSources(ports.chain, facts, ports.objects, ports.directory, first_told)
