"""What the check of a run's completeness warned of and did not hold, as the run's statement reports it."""

from collections.abc import Iterable, Iterator

from billproof.findings import Finding
from billproof.pipeline.artefacts import CHECK_WARNINGS, Artefacts
from billproof.pipeline.model import RunPlan


def check_warnings(plan: RunPlan, artefacts: Artefacts, besides: Iterable[Finding] = ()) -> Iterator[Finding]:
    """Yield the warnings of the check, but those that are reported already; none of a run of before, which kept none.

    Raises NotFound and ObjectUnreadable where what the check kept is gone.
    """
    if not (plan.has_profiles and plan.is_checked):
        return
    known = {finding.substance for finding in besides}
    warnings = artefacts.read(CHECK_WARNINGS, plan.run).findings
    yield from (finding for finding in warnings if finding.substance not in known)
