"""What earlier runs planned for an account: the terms and windows that its released invoices were made from."""

from collections.abc import Iterable
from functools import cache

from billproof.ids import shard_of
from billproof.invoicing.model import PeriodBilling
from billproof.pipeline.artefacts import AGGREGATION_PLAN, BATCH_PLAN, Artefacts
from billproof.ports import Objects
from billproof.pricing.terms import AccountTerms, BatchPlan
from billproof.usage.log import bucket_name
from billproof.usage.model import AccountWindow


class EarlierRuns:
    """The frozen plans of earlier runs; each is read once."""

    def __init__(self, objects: Objects, buckets: int) -> None:
        artefacts = Artefacts(objects)
        self._buckets = buckets
        self._aggregation = cache(lambda run, bucket: artefacts.read(AGGREGATION_PLAN, run, bucket_name(bucket)))
        self._batch = cache(lambda run, batch: artefacts.read(BATCH_PLAN, run, batch))

    def windows(self, billing: PeriodBilling, account: str) -> tuple[AccountWindow, ...]:
        """Return the windows that a billing's run had for an account."""
        plan = self._aggregation(billing.run, shard_of(account, self._buckets))
        return tuple(window for window in plan.windows if window.account == account)

    def batch(self, billing: PeriodBilling, account: str) -> BatchPlan:
        """Return the plan of the batch that billed an account."""
        plan: BatchPlan = self._batch(billing.run, self.windows(billing, account)[0].batch)
        return plan

    def terms(self, billing: PeriodBilling, account: str) -> AccountTerms:
        """Return the terms that an account was billed by."""
        return next(terms for terms in self.batch(billing, account).accounts if terms.account.id == account)

    def seen_until(self, billings: Iterable[PeriodBilling], member: str, account: str, month: str) -> str:
        """Return until when a member's events of a month were seen by the invoices that billed it; "" if never.

        A child that joined later lies in a bucket that their runs need not have planned.
        """
        instants = [""]
        for billing in billings:
            if shard_of(member, self._buckets) in self.batch(billing, account).buckets:
                instants += [window.before for window in self.windows(billing, member) if window.period == month]
        return max(instants)
