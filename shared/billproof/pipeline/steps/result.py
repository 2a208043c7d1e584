"""What every step of a batch answers."""

from billproof.pipeline.model import StepOutcome, StepResult


def step_result(run_id: str, batch_id: str, outcome: StepOutcome, *, accounts: int, findings: int) -> StepResult:
    """Return the answer of a step: counts, and nothing of what it wrote."""
    return StepResult(run_id=run_id, batch_id=batch_id, outcome=outcome, accounts=accounts, findings=findings)
