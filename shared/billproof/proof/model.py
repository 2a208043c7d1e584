"""What a proof checked and what it found."""

from enum import StrEnum

from billproof.model import Model


class DifferenceKind(StrEnum):
    """What differs between what is stored and what was computed again."""

    SEGMENT = "segment_changed"
    USAGE = "usage_differs"
    TERMS = "terms_changed"
    DRAFT = "invoice_differs"
    DOCUMENT = "document_changed"
    RELEASE = "release_missing"
    POSTING = "posting_differs"
    STATEMENT = "statement_differs"
    APPROVAL = "released_without_approval"
    BALANCE = "does_not_balance"
    NOTHING = "nothing_was_checked"


class Difference(Model):
    """One difference, with the name of the event segment, account, contract or document that it is in."""

    doubt: DifferenceKind
    where: str
    stated: str
    proved: str


class CheckedCounts(Model):
    """A proof's denominators."""

    events: int = 0
    segments: int = 0
    terms: int = 0
    lines: int = 0
    documents: int = 0
    postings: int = 0

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
