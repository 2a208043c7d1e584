"""Reconciling in parts, as the state machine does where there are many documents."""

import json

from billproof.periods import instant_text
from billproof.reconciliation.model import Reconciliation
from billproof.reconciliation.parts import PartItem, join_parts, reconcile_part, write_items
from tests.support.world import INC, JANUARY, World


def reconcile_in_parts(world: World, entity: str = INC, period: str = JANUARY) -> Reconciliation:
    """Reconcile as the state machine does where there are many documents."""
    key = write_items([(entity, period)], instant_text(world.now()), world.objects)
    for item in json.loads(world.objects.get(key)):
        reconcile_part(PartItem.model_validate(item), world.reconciliation_sources())
    (report,) = join_parts(key, world.reconciliation_sources())
    return report
