"""Reconciling in parts, where there are many documents: a part of a month for each shard of the register.

    reconcile_all -> reconcile_part, for each part of each month -> join_parts

What else the ERP holds of the month after is looked through when the parts are put together: they know what is ours.
"""

import json
from collections.abc import Sequence

from billproof.errors import NotFound, work_apart
from billproof.ids import canonical_json, digest
from billproof.invoicing.facts import REGISTER_SHARDS
from billproof.model import Model
from billproof.nets import TroubleLimit
from billproof.periods import Period
from billproof.ports import Objects
from billproof.reconciliation.model import Reconciliation
from billproof.reconciliation.sources import ReconciliationSources
from billproof.reconciliation.sums import ReconciliationPart, read_part, write_part

_SHARED = "_shared"


class PartItem(Model):
    """A part of the reconciliation of a legal entity and month; a round is all that is reconciled at one moment."""

    legal_entity: str
    period: str
    part: int
    round: str


def write_items(months: Sequence[tuple[str, str]], moment: str, objects: Objects) -> str:
    """Write the parts of some months for a map to read, and return the key."""
    items = [
        PartItem(legal_entity=entity, period=month, part=part, round=moment).model_dump()
        for entity, month in months
        for part in range(REGISTER_SHARDS)
    ]
    key = f"reconciliation-parts/{_SHARED}/rounds/{digest(items)[:40]}.json"
    objects.put(key, canonical_json(items))
    return key


def reconcile_part(item: PartItem, sources: ReconciliationSources) -> ReconciliationPart:
    """Reconcile one part of a month and store what it comes to; raises TooMuchTrouble once that is kept."""
    comparison, sums = sources.begin(item.legal_entity, item.period)
    for facts in sources.register.of_shard(item.legal_entity, item.period, item.part):
        sums.add_document(comparison.of_document(facts))
    part = sums.part(item.period, item.part, item.round, compared=comparison.compared)
    write_part(sources.objects, part)
    comparison.net.refuse_too_much(TroubleLimit(), sums.documents)
    return part


def join_parts(items_key: str, sources: ReconciliationSources) -> list[Reconciliation]:
    """Put the parts of a round together, look through what else the ERPs hold, and store the reports.

    A month of which a part was not reconciled raises NotFound, and stops no other month.
    """
    items = [PartItem.model_validate(item) for item in json.loads(sources.objects.get(items_key))]
    by_month: dict[tuple[str, str], list[PartItem]] = {}
    for item in items:
        by_month.setdefault((item.legal_entity, item.period), []).append(item)

    def join(parts: Sequence[PartItem]) -> Reconciliation:
        comparison, sums = sources.begin(parts[0].legal_entity, parts[0].period)
        period = Period.month(parts[0].period)
        for item in parts:
            part = _stored(item, sources.objects)
            sums.add_part(part)
            comparison.remember(part.compared)
        sums.add(comparison.of_opening(period))
        sums.add(comparison.of_others(period.next()))
        return sources.keep(sums, parts[0].legal_entity, period.name)

    return work_apart(join, ((f"{name} {month}", parts) for (name, month), parts in by_month.items()))


def _stored(item: PartItem, objects: Objects) -> ReconciliationPart:
    part = read_part(objects, item.legal_entity, item.period, item.part)
    if part.round != item.round:  # a map's own verdict is not trusted
        message = f"part {item.part} of {item.legal_entity} {item.period} was not reconciled in this round"
        raise NotFound(message)
    return part
