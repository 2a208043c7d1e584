"""A run as it was planned before plans said which lists it has."""

import json

from billproof.ids import canonical_json
from billproof.pipeline.artefacts import AGGREGATION_PLAN, RUN_PLAN
from billproof.ports import Objects

_SAID = {"lists", "lists_refused", "has_known_ids"}


def as_of_before(objects: Objects, run: str) -> None:
    """Take out of a run's plans what they say of its lists."""
    for key in [RUN_PLAN.key(run), *objects.keys(f"runs/{run}/{AGGREGATION_PLAN.step}/")]:
        plan = json.loads(objects.get(key))
        objects.put(key, canonical_json({name: value for name, value in plan.items() if name not in _SAID}))
