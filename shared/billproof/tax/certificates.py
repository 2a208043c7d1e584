"""Exemption certificates: what one of a jurisdiction frees from, and what stays due.

A certificate frees from the tax of its own jurisdiction only. Of several taxes on one price each is judged by itself:
in Canada one of a province frees from the province's tax and leaves GST due, one of Canada from GST and all of HST.
"""

from decimal import Decimal
from typing import Any

from billproof.masterdata.parties import Exemption
from billproof.tax.model import Determination, Treatment
from billproof.tax.supply import Supply


def exempted(determination: Determination, supply: Supply) -> Determination:
    """Take off what the account's certificates of the day free from."""
    result = determination
    for exemption in supply.account.exemptions:
        if supply.day in exemption.effective and result.percent:
            result = _by(exemption, result)
    return result


def _by(exemption: Exemption, determination: Determination) -> Determination:
    why = f"{exemption.reason}, certificate {exemption.certificate}"
    left = tuple(part for part in determination.components if part.jurisdiction != exemption.jurisdiction)
    if determination.components and len(left) == len(determination.components):
        return determination
    if not determination.components and determination.jurisdiction != exemption.jurisdiction:
        return determination
    if left:
        freed = " and ".join(part.name for part in determination.components if part not in left)
        percent = sum((part.percent for part in left), Decimal(0))
        changes: dict[str, Any] = {"percent": percent, "components": left}
        reason = f"{' and '.join(part.name for part in left)}; free of {freed}: {why}"
    else:
        changes = {"treatment": Treatment.EXEMPT, "percent": Decimal(0), "taxable_share": Decimal(0), "components": ()}
        reason = why
    return determination.model_copy(update={**changes, "reason": reason})
