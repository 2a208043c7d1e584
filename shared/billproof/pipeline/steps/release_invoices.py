"""The release of the clean drafts of a batch."""

from datetime import datetime

from billproof.invoicing.register import Register
from billproof.invoicing.releasing import release_drafts
from billproof.masterdata.directory import Directory
from billproof.pipeline.artefacts import DRAFTED, RELEASED, STATEMENT, Artefacts
from billproof.pipeline.issuing import Issuing
from billproof.pipeline.model import StepOutcome, StepResult
from billproof.pipeline.steps.result import step_result
from billproof.ports import Objects, Queue


def release_invoices(
    *,
    run_id: str,
    batch_id: str,
    objects: Objects,
    register: Register,
    directory: Directory,
    postings: Queue,
    deliveries: Queue,
    now: datetime,
) -> StepResult:
    """Release the clean drafts of a batch under numbers, note the held ones, and send on what is not yet done.

    Once the run has its statement nothing is released: what people approved since is no result of the run.
    """
    artefacts = Artefacts(objects)
    if artefacts.exists(STATEMENT, run_id):
        releases = artefacts.read(RELEASED, run_id, batch_id)
    else:
        batch = artefacts.read(DRAFTED, run_id, batch_id)
        issues = Issuing(run_id, batch_id, objects=objects, directory=directory, now=now)
        releases = release_drafts(batch, register=register, postings=postings, deliveries=deliveries, issues=issues)
        artefacts.write(RELEASED, run_id, releases, part=batch_id)
    held = sum(result.outcome == "held" for result in releases.invoices)
    outcome = StepOutcome.HELD if held else StepOutcome.RELEASED
    return step_result(run_id, batch_id, outcome, accounts=len(releases.invoices), findings=held)
