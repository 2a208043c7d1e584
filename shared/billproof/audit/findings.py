"""What the verification of the audit chain finds."""

from enum import StrEnum

from billproof.model import Model


class AuditFindingKind(StrEnum):
    """What is wrong with a record of the chain, or with what it is of."""

    CHANGED_RECORD = "record_changed"
    MISSING_RECORD = "record_missing"
    MISPLACED_RECORD = "record_misplaced"
    """It lies where another one was: the order was changed, or it was put in between."""
    UNLINKED_RECORD = "record_not_linked"
    """It does not follow the one before it: one of the two was changed, put in or left out."""
    TRUNCATED = "chain_truncated"
    """It ends before a head that was anchored or printed."""
    REWRITTEN = "chain_rewritten"
    """Where a head was anchored or printed there is another record now."""
    ANCHOR_MISSING = "anchor_missing"
    CHANGED = "stored_otherwise"
    GONE = "stored_no_more"
    UNRECORDED = "stored_without_record"
    OF_NOBODY = "chain_of_nobody"
    """No legal entity has such a chain: whoever made it up could have recorded anything in it."""
    RECORD_OF_ANOTHER = "record_of_another"
    """It lies in a chain of one legal entity, and is of something of another one."""
    OVERWRITTEN = "stored_again_otherwise"
    """It was written again with other content after it could no longer change."""
    RECORDED_TWICE = "recorded_twice"
    NOT_FOLLOWING = "follows_another"
    """It names as before it a fact that has no earlier record, or one of something else."""
    KEY_GONE = "key_of_digest_gone"


class AuditFinding(Model):
    """One finding: the record, or the fact or object, that it is in."""

    kind: AuditFindingKind
    where: str
    message: str


class Verification(Model):
    """What was verified, what was declared, and what was found; it holds where nothing was."""

    chains: int
    blocks: int
    entries: int
    facts: int
    objects: int
    since: str
    """When the first record of the chain was written; "" where there is none."""
    adopted: int
    declared: tuple[str, ...]
    """What was erased, and how much was adopted, by whom and why."""
    unconfirmed: int
    """Objects that were recorded and are not there, and that nobody said to have written: their writer died."""
    findings: tuple[AuditFinding, ...]
    untold: tuple[str, ...] = ()
    """What no record speaks of and is no finding: its writer may have died before it could say so."""

    @property
    def holds(self) -> bool:
        """Whether nothing was found."""
        return not self.findings
