"""What missing usage is worth at contract prices: as if each account had used its share more of what is missing."""

from collections.abc import Iterable, Mapping
from fractions import Fraction

from billproof.masterdata.meters import Meter
from billproof.money import Money
from billproof.nets import is_outside
from billproof.pipeline.artefacts import BATCH_PLAN, Artefacts
from billproof.pipeline.model import RunPlan
from billproof.pipeline.usages import read_usages
from billproof.pricing.estimates import grown_by, worth_of_more


class MissingWorth:
    """Prices what is missing of a run's usage, by meter; of some batches alone where these are named."""

    def __init__(self, plan: RunPlan, artefacts: Artefacts, batches: Iterable[str] | None = None) -> None:
        wanted = plan.batches if batches is None else batches
        self._plans = [artefacts.read(BATCH_PLAN, plan.run, batch) for batch in wanted]
        self._meters = self._plans[0].meters if self._plans else ()
        self._used = {
            batch.batch: read_usages(artefacts, plan.run, batch.batch, batch.buckets) for batch in self._plans
        }

    def meters_of(self, event_types: Iterable[str]) -> dict[str, Meter]:
        """Return the meters that read some event types."""
        wanted = set(event_types)
        return {meter.id: meter for meter in self._meters if meter.event_type in wanted}

    def knows(self, meter: str) -> bool:
        """Say whether there is a meter of that name."""
        return any(known.id == meter for known in self._meters)

    def event_type(self, meter: str) -> str | None:
        """Return the type of the events that a meter reads."""
        return next((known.event_type for known in self._meters if known.id == meter), None)

    def worth(self, shares: Mapping[str, Fraction], account: str = "") -> Money | None:
        """Price a share of the run's usage more, by meter, of all accounts or of one; None where nobody knows.

        That is where no account can be priced, where it is no amount, and where it comes to nothing: accounts within
        their allowances, or without usage to grow, say nothing of what is missing.
        """
        worth = None
        try:
            for plan in self._plans:
                usages = self._used[plan.batch]
                grown = {
                    window: grown_by(usage, shares) if account in {"", usage.account} else usage
                    for window, usage in usages.items()
                }
                for terms in (terms for terms in plan.accounts if account in {"", *(one.id for one in terms.members)}):
                    more = worth_of_more(terms, plan=plan, usages=usages, grown=grown)
                    if more is not None:
                        worth = more if worth is None else worth + more
        except Exception as error:
            if is_outside(error):
                raise
            return None  # mostly more than any amount can be: what a source states need not be sane
        return worth if worth is not None and worth.amount > 0 else None
