"""Usage that dropped or rose sharply."""

from collections.abc import Iterator
from decimal import Decimal

from billproof.controls.control import Control, ControlInput, Observation
from billproof.findings import Owner, Severity
from billproof.model import decimal_text
from billproof.pricing.model import metered_quantities


def _check(facts: ControlInput) -> Iterator[Observation]:
    """Find meters whose quantity changed since the account's previous invoice by more than the policy's limit.

    A drop may be lost telemetry. A rise may be a source that sends events twice under new ids.
    """
    before, line_drawn = facts.terms.before, facts.plan.policy.thresholds
    billed = metered_quantities(facts.lines)
    for meter, was in before.quantities.items() if before else ():
        used = any(quantity.meter == meter for quantity in facts.quantities())
        if was == 0 or (used and meter not in billed):
            continue
        now = billed.get(meter, Decimal(0))
        percent = abs(now - was) * 100 / was
        limit = line_drawn.usage_drop_percent if now < was else line_drawn.usage_spike_percent
        if percent > limit:
            verb = "dropped" if now < was else "rose"
            what = f"{meter} {verb} by {percent:.0f} %: {decimal_text(was)} in {before.period.name if before else ''}, "
            yield Observation(f"usage/{meter}", what + f"now {decimal_text(now)}")


CONTROL = Control(
    code="usage_changed",
    severity=Severity.WARNING,
    owner=Owner.BILLING,
    remedy="ask the customer and the source whether it is real",
    check=_check,
)
