"""The gate of a billing run: whether everything arrived that was sent."""

from billproof.completeness.model import CompletenessResult
from billproof.completeness.service import check_completeness
from billproof.composition import Composition
from billproof.handlers import count, step
from billproof.pipeline.model import RunRequest


@step(RunRequest, name="check_completeness")
def handler(request: RunRequest, ports: Composition) -> CompletenessResult:
    """Compare the run with control totals and history; what is missing becomes an exception."""
    result = check_completeness(
        run_id=request.run_id,
        objects=ports.objects,
        records=ports.runs,
        exception_store=ports.exception_store,
        now=ports.now(),
    )
    count("CompletenessFindings", result.findings)
    return result
