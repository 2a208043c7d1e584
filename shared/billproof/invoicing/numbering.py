"""Numbers in the order of issue dates: what is released after a number of a later day is issued today.

    run A drafts for 1 February |                          | 1 February is past: drafted for today, numbered
    run B                       | releases on 3 February   |

A number is taken by a conditional write, after a look at the day of the one before it: of two releases at once one
looks again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Protocol

from billproof.errors import Contended, IssuedLater
from billproof.findings import Finding
from billproof.invoicing.candidates import Candidate
from billproof.invoicing.drafts import BatchDrafts, Draft, DraftOutcome
from billproof.invoicing.facts import held_by
from billproof.invoicing.model import DocumentRef, Released
from billproof.invoicing.register import Register
from billproof.invoicing.series import Series, SeriesKind
from billproof.masterdata.charts import ChartOfAccounts
from billproof.nets import Net, TroubleLimit, is_outside
from billproof.retrying import attempts

MAX_ATTEMPTS = 10
"""How often drafts are issued on a later day when others issue after them; each failure means another succeeded."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A draft's document as it is on another day, or why it is not issued then."""

    document: DocumentRef | None
    finding: Finding | None = None


class Issues(Protocol):
    """Issues the drafts of a batch on another day than they were drafted for."""

    @property
    def today(self) -> date:
        """The day that it is where the legal entity bills."""

    @property
    def chart(self) -> ChartOfAccounts:
        """The chart of accounts as it is now."""

    @property
    def trouble(self) -> TroubleLimit:
        """How much trouble the release bears."""

    def issue(self, draft: Draft, day: date) -> Issued:
        """Return a draft's document as it is on a day; one that differs in an amount is not issued."""

    def most_left(self, document: DocumentRef) -> Decimal:
        """Return the largest balance of its customer that a document may leave."""


def release_in_order(
    drafts: Iterable[Draft], batch: BatchDrafts, register: Register, issues: Issues, net: Net
) -> tuple[dict[str, Released], dict[str, Finding]]:
    """Release drafts, the earliest issue dates first; return the releases, and what was not issued with the reason.

    Where a number of a later day was given since they were drafted, they are issued today: numbers are in the order of
    issue dates. What would leave a larger balance than it may is not issued either. What the release of one raises is
    its own reason, and the others are released.
    """
    release = _Release(batch, register, issues, net)
    released: dict[str, Released] = {}
    series_of: dict[tuple[date, SeriesKind], list[Draft]] = {}
    for draft in drafts:
        series_of.setdefault((batch.issue_date_of(draft), _kind(draft, batch)), []).append(draft)
    for (drafted, kind), mine in sorted(series_of.items()):
        left, day = mine, drafted
        for _ in attempts(MAX_ATTEMPTS):
            series = Series(entity=batch.legal_entity, prefix=batch.number_prefix, issue_date=day, kind=kind)
            try:
                released |= release.together(left, series)
                break
            except IssuedLater as later:
                day = max(issues.today, later.day)
                left = release.issued(mine, day)
        else:
            message = f"others kept issuing after {drafted} in {batch.legal_entity}"
            raise Contended(message)
    return released, release.refused


@dataclass(frozen=True, slots=True)
class _Release:
    """The release of the drafts of one batch, and why those that it refused were refused."""

    batch: BatchDrafts
    register: Register
    issues: Issues
    net: Net
    refused: dict[str, Finding] = field(default_factory=dict)

    def together(self, drafts: Sequence[Draft], series: Series) -> dict[str, Released]:
        """Release drafts together; where that raises, one by one, so that only those whose own release raises wait.

        Raises IssuedLater.
        """
        try:
            return self._take(drafts, series)
        except Exception as error:
            if is_outside(error) or isinstance(error, IssuedLater):
                raise
        releases: dict[str, Released] = {}
        for draft in drafts:
            alone, instead = partial(self._take, [draft], series), partial(self._refuse, draft)
            releases |= self.net.catch(draft.account, alone, instead, expected=(IssuedLater,))
        return releases

    def issued(self, drafts: Iterable[Draft], day: date) -> list[Draft]:
        """Return drafts as they are on a day, and note those that are not issued then."""
        issued = []
        for draft in drafts:
            issue = self.net.catch(draft.account, partial(self.issues.issue, draft, day), partial(Issued, None))
            if issue.finding is not None:
                self.refused[draft.invoice] = issue.finding
            else:
                self.refused.pop(draft.invoice, None)
                issued.append(draft.model_copy(update={"document": issue.document}))
        return issued

    def _take(self, drafts: Sequence[Draft], series: Series) -> dict[str, Released]:
        candidates = [
            Candidate(
                draft.invoice,
                draft.document,
                slots=draft.places,
                most_left=self.issues.most_left(draft.document),
                held_as=held_by(self.batch.run) if draft.outcome is DraftOutcome.HELD else "",
            )
            for draft in drafts
            if draft.document
        ]
        return self.register.release(
            candidates, series=series, period=self.batch.period, run=self.batch.run, refused=self.refused
        )

    def _refuse(self, draft: Draft, finding: Finding) -> dict[str, Released]:
        self.refused[draft.invoice] = finding
        return {}


def _kind(draft: Draft, batch: BatchDrafts) -> SeriesKind:
    is_zero = draft.document is not None and draft.document.totals.is_zero
    return SeriesKind.INVOICES if batch.numbers_zero_invoices or not is_zero else SeriesKind.ZERO_INVOICES
