"""What a report tells of each variance beside what differs: its name, amount, age and owner."""

from datetime import datetime

from billproof.approvals.policy import VarianceRules
from billproof.findings import VarianceCategory
from billproof.ids import digest
from billproof.masterdata.parties import LegalEntity
from billproof.money import unit
from billproof.periods import Period, zone
from billproof.reconciliation.model import Variance

_MAY_ROUND = frozenset(
    {
        VarianceCategory.AMOUNT,
        VarianceCategory.TAX,
        VarianceCategory.SHORT_PAID,
        VarianceCategory.OVER_PAID,
    }
)


def told_at(variance: Variance, *, period: str, entity: LegalEntity, rules: VarianceRules, now: datetime) -> Variance:
    """Return a variance as a report tells it.

    Its age counts in days of the legal entity's time zone from the day of the document, entry, receipt or statement
    that differs; of what has none, from the first day after the period. A difference of one minor unit is one of
    rounding. The policy's owner of the category comes before the team that is named here.
    """
    since = variance.since or Period.month(period).end
    amount, today = variance.difference, now.astimezone(zone(entity.time_zone)).date()
    category = variance.category
    if category in _MAY_ROUND and amount.amount <= unit(amount.currency):
        category = VarianceCategory.ROUNDING
    completed = variance.model_copy(
        update={
            "amount": amount,
            "category": category,
            "since": since,
            "age_days": max((today - since).days, 0),
            "owner": rules.owner_of(category) or variance.owner,
        }
    )
    return completed.model_copy(update={"id": variance_id(completed)})


def variance_id(variance: Variance) -> str:
    """Name a difference by what differs: the same one has the same name in every report, another amount another."""
    named = (variance.cause, variance.invoice, variance.external_reference, variance.account)
    return f"V{digest([*named, str(variance.invoiced), str(variance.posted)])[:16]}"
