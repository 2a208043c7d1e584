"""Matching: whose a receipt is and what it pays, by declared rules.

Nothing is applied where two readings are possible: such a receipt is proposed to people, with the reasons.
"""

from billproof.approvals.policy import MatchingRules
from billproof.payments.matching.earlier import EarlierReceipts
from billproof.payments.matching.evidence import Evidence
from billproof.payments.matching.registry import RULES
from billproof.payments.model import CashReceipt, Match
from billproof.payments.ports import Advices, OpenBook

__all__ = ["RULES", "match"]


def match(
    receipt: CashReceipt,
    book: OpenBook,
    rules: MatchingRules,
    *,
    earlier: EarlierReceipts | None = None,
    advices: Advices | None = None,
) -> Match:
    """Return what a receipt pays, by the first rule that decides; it reads the books and changes nothing.

    Where it is not known what came earlier, a receipt that names nothing pays only what is due within a week.
    """
    evidence = Evidence(receipt, book, rules, earlier, advices)
    return next(answer for rule in RULES if (answer := rule.match(evidence)) is not None)
