"""The gate of a billing run: whether everything arrived that was sent."""

from billproof.aws.handlers import count, step
from billproof.aws.ports import Ports
from billproof.completeness.model import Checked
from billproof.completeness.service import check_completeness
from billproof.model import Model


class Request(Model):
    """A run."""

    run_id: str


@step(Request)
def handler(request: Request, ports: Ports) -> Checked:
    """Compare the run with control totals and history; what is missing becomes an exception."""
    result = check_completeness(
        run_id=request.run_id,
        objects=ports.objects,
        records=ports.runs,
        casebook=ports.casebook,
        now=ports.now(),
    )
    count("CompletenessFindings", result.findings)
    return result
