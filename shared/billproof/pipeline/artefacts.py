"""What the steps of a billing run hand to each other: objects under deterministic keys (claim check).

    runs/<run>/<step>/<part>.json

Every artefact is declared here once: the step that writes it, and its model. Workflow state carries only the run, the
part and counts. Writing a part again gives the same bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from billproof.controls.model import BatchFindings
from billproof.errors import ObjectUnreadable
from billproof.ids import canonical_json
from billproof.invoicing.drafts import BatchDrafts, BatchReleases
from billproof.model import canonical_model
from billproof.pipeline.model import CheckWarnings, PartWindows, PlanPart, RunPlan, RunStatement, SeenControlTotals
from billproof.ports import NewObject, Objects
from billproof.pricing.model import BatchPricing
from billproof.pricing.terms import BatchPlan
from billproof.tax.charged import BatchCharges
from billproof.tax.model import BatchTax
from billproof.usage.model import AggregationPlan, BatchUsage
from billproof.usage.profiles import BucketProfile
from billproof.usage.refusal_model import RunRefusals
from billproof.usage.tallies import BucketTally, IdsElsewhere, SharedIds

FORMAT = "3"
"""Changes when artefacts of an earlier version can no longer be read; a released version reads those of the last."""


@dataclass(frozen=True, slots=True)
class Artefact[M: BaseModel]:
    """What a step writes: for each part (a batch or bucket) one object, or one for the whole run under `name`."""

    step: str
    model: type[M]
    name: str = ""

    def key(self, run: str, part: str = "") -> str:
        """Return the key of one part."""
        return f"runs/{run}/{self.step}/{part or self.name}.json"


RUN = "run"
RUN_PLAN = Artefact(RUN, RunPlan, "plan")
STATEMENT = Artefact(RUN, RunStatement, "statement")
BATCH_PLAN = Artefact("plan", BatchPlan)
SHARED_TERMS = Artefact(RUN, BatchPlan, "shared-terms")
PLAN_PART = Artefact("plan-parts", PlanPart)
PART_WINDOWS = Artefact("plan-windows", PartWindows)
AGGREGATION_PLAN = Artefact("aggregation-plan", AggregationPlan)
CONTROL_TOTALS = Artefact(RUN, SeenControlTotals, "control-totals")
CHECK_WARNINGS = Artefact(RUN, CheckWarnings, "check-warnings")
SHARED_IDS = Artefact(RUN, SharedIds, "shared-ids")
IDS_ELSEWHERE = Artefact(RUN, IdsElsewhere, "ids-elsewhere")
REFUSED = Artefact(RUN, RunRefusals, "refused")
TALLY = Artefact("tally", BucketTally)
PROFILE = Artefact("profile", BucketProfile)
USAGE = Artefact("usage", BatchUsage)
PRICED = Artefact("priced", BatchPricing)
VALIDATED = Artefact("validated", BatchFindings)
CHARGED = Artefact("charged", BatchCharges)
TAXED = Artefact("taxed", BatchTax)
DRAFTED = Artefact("drafts", BatchDrafts)
RELEASED = Artefact("released", BatchReleases)


class Artefacts:
    """The artefacts of billing runs, over objects."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    def write[M: BaseModel](self, artefact: Artefact[M], run: str, model: M, *, part: str = "") -> str:
        """Write one part and return its key."""
        new = self.new(artefact, run, model, part=part)
        self._objects.put(new.key, new.data)
        return new.key

    def new[M: BaseModel](self, artefact: Artefact[M], run: str, model: M, *, part: str = "") -> NewObject:
        """Return one part as it is to be written."""
        return NewObject(artefact.key(run, part), canonical_model(model))

    def write_all(self, news: Sequence[NewObject]) -> None:
        """Write some parts side by side: they cost one record of the audit chain; raises what the first one raises."""
        for error in self._objects.put_all(news).values():
            raise error

    def read[M: BaseModel](self, artefact: Artefact[M], run: str, part: str = "") -> M:
        """Read one part; raises NotFound where the step has not written it, ObjectUnreadable where it is spoilt."""
        key = artefact.key(run, part)
        data = self._objects.get(key)
        try:
            return artefact.model.model_validate_json(data)
        except ValidationError as error:
            raise ObjectUnreadable(key) from error

    def exists(self, artefact: Artefact[Any], run: str) -> bool:
        """Say whether a run has the one object of an artefact."""
        key = artefact.key(run)
        return next(iter(self._objects.keys(key)), None) == key

    def has_list(self, artefact: Artefact[Any], plan: RunPlan) -> bool:
        """Say whether a run has a list, as a run of before may not; where it is gone, reading it raises NotFound."""
        return artefact.name in plan.lists or self.exists(artefact, plan.run)

    def parts(self, artefact: Artefact[Any], run: str) -> list[str]:
        """Name the parts that a step has written, in order."""
        prefix = f"runs/{run}/{artefact.step}/"
        return [key.removeprefix(prefix).removesuffix(".json") for key in self._objects.keys(prefix)]

    def write_map_items(self, run: str, name: str, items: Sequence[dict[str, Any]]) -> str:
        """Write the JSON array that a map of the workflow reads, and return its key."""
        key = f"runs/{run}/maps/{name}.json"
        self._objects.put(key, canonical_json(items))
        return key
