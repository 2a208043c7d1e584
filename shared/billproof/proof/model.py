"""What a proof checked, and the differences between what is stored and what was computed again."""

from enum import StrEnum
from typing import Self

from billproof.model import Model

NONE = "none"
"""How a difference writes that one of its sides is not there."""


class DifferenceKind(StrEnum):
    """What differs between what is stored and what was computed again."""

    SEGMENT = "segment_changed"
    QUARANTINE = "quarantine_changed"
    USAGE = "usage_differs"
    TERMS = "terms_changed"
    DRAFT = "invoice_differs"
    DOCUMENT = "document_changed"
    RELEASE = "release_missing"
    POSTING = "posting_differs"
    NOT_POSTED = "not_posted_yet"
    STATEMENT = "statement_differs"
    APPROVAL = "released_without_approval"
    REQUEST = "asked_for_by_nobody"
    DISMISSAL = "dismissed_by_nobody"
    DECISION = "decided_by_nobody"
    HELD = "held_otherwise"
    POLICY = "policy_without_two_people"
    RUN = "run_differs"
    CHECK = "check_differs"
    SIGN_OFF = "signed_off_by_nobody"
    SERIES = "number_series_differs"
    SETTLEMENT = "settlement_differs"
    BALANCE = "does_not_balance"
    CUSTOMER_BALANCE = "customer_balance_differs"
    OPENING = "opening_differs"
    NOTHING = "nothing_was_checked"


class Difference(Model):
    """One difference, with the name of the event segment, account, contract or document that it is in.

    A document that is not posted yet differs in nothing: it is on its way to the ERP, and nothing is proved until then.
    """

    kind: DifferenceKind
    where: str
    stated: str
    proved: str

    @classmethod
    def of(cls, kind: DifferenceKind, where: str, stated: object, proved: object) -> Self:
        """Name what is stored and what was computed again, as text."""
        return cls(kind=kind, where=where, stated=str(stated), proved=str(proved))


class CheckedCounts(Model):
    """A proof's denominators."""

    events: int = 0
    segments: int = 0
    terms: int = 0
    lines: int = 0
    documents: int = 0
    postings: int = 0
    approvals: int = 0
    numbers: int = 0

    def __add__(self, other: "CheckedCounts") -> "CheckedCounts":
        return CheckedCounts(
            **{name: getattr(self, name) + getattr(other, name) for name in CheckedCounts.model_fields}
        )


class Proof(Model):
    """A proof of a run or an invoice; it holds where nothing differs and something was checked."""

    subject: str
    checked: CheckedCounts
    differences: tuple[Difference, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing differs."""
        return not self.differences

    @property
    def not_posted(self) -> int:
        """How many documents are still on their way to the ERP."""
        return sum(difference.kind is DifferenceKind.NOT_POSTED for difference in self.differences)
