"""The gate of a billing run: whether everything arrived that was sent. Every morning, ids that several runs have."""

from billproof.completeness.ids_elsewhere import IdsCompared, compare_ids
from billproof.completeness.model import CompletenessResult
from billproof.completeness.service import check_completeness
from billproof.composition import Composition
from billproof.handlers import count, step
from billproof.model import Model


class CheckRequest(Model):
    """A run; without one, whether runs have ids in common."""

    run_id: str | None = None


@step(CheckRequest, name="check_completeness")
def handler(request: CheckRequest, ports: Composition) -> CompletenessResult | IdsCompared:
    """Compare the run with control totals and history; what is missing becomes an exception."""
    if request.run_id is None:
        compared = compare_ids(objects=ports.objects, records=ports.runs, directory=ports.directory, now=ports.now())
        count("CompletenessFindings", compared.findings)
        return compared
    result = check_completeness(
        run_id=request.run_id,
        objects=ports.objects,
        records=ports.runs,
        exception_store=ports.exception_store,
        now=ports.now(),
    )
    count("CompletenessFindings", result.findings)
    return result
