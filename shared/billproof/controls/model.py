"""What the controls say of a batch."""

from billproof.findings import Finding
from billproof.model import Model


class BatchFindings(Model):
    """The findings of a batch, by account; an account without any is there with an empty list."""

    run: str
    batch: str
    findings: dict[str, tuple[Finding, ...]]
