"""What events are read off: the audit chain, and what its records are of."""

from billproof.approvals.governing import RememberedPolicies
from billproof.composition import Composition
from billproof.events.deriving import EventSources
from billproof.masterdata.directory import Directory


def event_sources(ports: Composition, *, is_telling: bool = False) -> EventSources:
    """Return the chain, and the facts and objects that tell something; the ledger's are those of invoices again.

    Each policy is read once. Who is telling keeps where objects are told first; others tell again what was told there.
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
    directory = Directory(ports.contracts, RememberedPolicies(ports.policies))
    return EventSources(ports.chain, facts, ports.objects, directory, first_told)
