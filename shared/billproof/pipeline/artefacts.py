"""What the steps of a billing run hand to each other: objects under deterministic keys (claim check).

    runs/<run>/<step>/<part>.json

Workflow state carries only the run, the part and counts. Writing a part again gives the same bytes.
"""

from typing import Any

from pydantic import BaseModel

from billproof.ids import canonical_json
from billproof.ports import Objects

FORMAT = "3"
"""Changes when artefacts of an earlier version can no longer be read; a released version reads those of the last."""


def artefact_key(run: str, step: str, part: str) -> str:
    """Return the key of one part of one step of a run."""
    return f"runs/{run}/{step}/{part}.json"


class Artefacts:
    """The artefacts of billing runs, over objects."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    def write(self, run: str, step: str, part: str, model: BaseModel) -> str:
        """Write one part and return its key."""
        return self.write_json(run, step, part, model.model_dump(mode="json"))

    def write_json(self, run: str, step: str, part: str, value: Any) -> str:
        """Write one part that is plain JSON, such as the array that a map reads; return its key."""
        key = artefact_key(run, step, part)
        self._objects.put(key, canonical_json(value))
        return key

    def read[T: BaseModel](self, run: str, step: str, part: str, model: type[T]) -> T:
        """Read one part; raises NotFound where the step has not written it."""
        return model.model_validate_json(self._objects.get(artefact_key(run, step, part)))

    def parts(self, run: str, step: str) -> list[str]:
        """Name the parts that a step has written, in order."""
        prefix = f"runs/{run}/{step}/"
        return [key.removeprefix(prefix).removesuffix(".json") for key in self._objects.keys(prefix)]
