"""What happens when an opening takes effect: numbers that were given, customers' balances, entries in the ledger."""

from datetime import datetime

from billproof.erp.port import Erps, erp_named
from billproof.erp.service import ensure_posted
from billproof.invoicing.openings import OpeningInEffect
from billproof.invoicing.register import Register
from billproof.masterdata.directory import Directory
from billproof.masterdata.parties import LegalEntity
from billproof.opening.decisions import ProposedOpening
from billproof.opening.effects import numbers_before, opening_balances
from billproof.opening.entries import opening_entries
from billproof.opening.model import Opening
from billproof.periods import instant_text


def take_effect(
    opening: Opening,
    proposal: ProposedOpening,
    entity: LegalEntity,
    *,
    register: Register,
    directory: Directory,
    erps: Erps,
    now: datetime,
) -> None:
    """Write what takes effect: numbers, balances, entries; what was written before is left as it is."""
    fact = register.openings.begin(
        OpeningInEffect(
            legal_entity=entity.id,
            first_period=opening.first_period,
            document=proposal.document,
            digest=proposal.digest,
            entity_version=entity.version,
            erp=entity.erp,
            in_effect_at=instant_text(now),
        ),
        numbers_before(opening, entity),
    )
    then = next(version for version in directory.versions_of(entity.id) if version.version == fact.entity_version)
    register.openings.credit(entity.id, opening_balances(opening, then.currency))
    for entry in opening_entries(opening, then):
        ensure_posted(entry, erp_named(fact.erp, erps))
