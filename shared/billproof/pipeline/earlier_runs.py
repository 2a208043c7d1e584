"""What earlier runs planned for an account: the terms and windows that its released invoices were made from."""

from collections.abc import Iterable
from typing import NamedTuple

from billproof.errors import NotFound
from billproof.invoicing.model import PeriodBilling
from billproof.looking_up import LookedUpOnce
from billproof.pipeline.artefacts import AGGREGATION_PLAN, BATCH_PLAN, RUN_PLAN, Artefacts
from billproof.ports import Objects
from billproof.pricing.terms import AccountTerms, BatchPlan
from billproof.usage.buckets import Buckets
from billproof.usage.keys import bucket_name
from billproof.usage.model import AccountWindow, AggregationPlan


class Seen(NamedTuple):
    """Until when an account's events were seen, "" if never, and the list of what was seen ("" in runs of before)."""

    until: str
    manifest: str


NOTHING_SEEN = Seen("", "")


class EarlierRuns:
    """The frozen plans of earlier runs; each is read once."""

    def __init__(self, objects: Objects, buckets: Buckets) -> None:
        artefacts = Artefacts(objects)
        self._buckets = buckets
        self._planned = LookedUpOnce(lambda run: frozenset(artefacts.read(RUN_PLAN, run).buckets))
        self._aggregation = LookedUpOnce(lambda run, bucket: _by_account(artefacts, run, bucket))
        self._batch = LookedUpOnce(lambda run, batch: artefacts.read(BATCH_PLAN, run, batch))

    def windows(self, billing: PeriodBilling, account: str) -> tuple[AccountWindow, ...]:
        """Return the windows that a billing's run had for an account, bounded by what that run saw."""
        return self._windows(billing.run, account)

    def _windows(self, run: str, account: str) -> tuple[AccountWindow, ...]:
        return self._aggregation(run, self._bucket(run, account)).get(account, ())

    def _bucket(self, run: str, account: str) -> int:
        """Return the bucket of an account in a run: where the log has grown since, that of the run's count."""
        last, *older = self._buckets.holding(account)
        if not older:
            return last
        planned = self._planned(run)
        return next((bucket for bucket in (last, *older) if bucket in planned), last)

    def batch(self, billing: PeriodBilling, account: str) -> BatchPlan:
        """Return the plan of the batch that billed an account."""
        plan: BatchPlan = self._batch(billing.run, self.windows(billing, account)[0].batch)
        return plan

    def terms(self, billing: PeriodBilling, account: str) -> AccountTerms:
        """Return the terms that an account was billed by."""
        return next(terms for terms in self.batch(billing, account).accounts if terms.account.id == account)

    def seen(self, billings: Iterable[PeriodBilling], member: str, account: str, month: str) -> Seen:
        """Return what the invoices that billed a month saw of a member's events; the last of them saw the most.

        A child that joined later lies in a bucket that their runs need not have planned.
        """
        last = NOTHING_SEEN
        for billing in billings:
            if set(self._buckets.holding(member)) & set(self.batch(billing, account).buckets):
                windows = (window for window in self.windows(billing, member) if window.period == month)
                last = max([last, *(Seen(window.before, window.before_manifest) for window in windows)])
        return last

    def seen_by_run(self, run: str, member: str, month: str) -> Seen:
        """Return what a run saw of an account's events of a month, whether it billed them or not."""
        try:
            windows = self._windows(run, member)
        except NotFound:
            if self._bucket(run, member) in self._planned(run):
                raise
            return NOTHING_SEEN  # the run read nothing of the account's bucket
        bounds = (Seen(window.before, window.before_manifest) for window in windows if window.period == month)
        return max(bounds, default=NOTHING_SEEN)


def _by_account(artefacts: Artefacts, run: str, bucket: int) -> dict[str, tuple[AccountWindow, ...]]:
    """Return the windows that a run had in a bucket, by account, each bounded by what the run saw."""
    plan = artefacts.read(AGGREGATION_PLAN, run, bucket_name(bucket))
    windows: dict[str, tuple[AccountWindow, ...]] = {}
    for window in plan.windows:
        windows[window.account] = (*windows.get(window.account, ()), _bounded(window, plan))
    return windows


def _bounded(window: AccountWindow, plan: AggregationPlan) -> AccountWindow:
    """Name the list of its run in a window that everything in it was in time for, and when that was."""
    if window.before or not plan.manifest:
        return window
    return window.model_copy(update={"before": plan.received_before, "before_manifest": plan.manifest})
