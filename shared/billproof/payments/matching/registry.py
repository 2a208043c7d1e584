"""The rules of matching in their order: the first that decides, decides."""

from decimal import Decimal

from billproof.payments.matching import advised, before, exchanged, named, unnamed
from billproof.payments.matching.evidence import Naming
from billproof.payments.matching.rule import PEOPLE, MatchingRule
from billproof.payments.matching.settling import Settling
from billproof.payments.model import OTHER_CURRENCY

_EXACT = {Settling.EXACT}

RULES: tuple[MatchingRule, ...] = (
    MatchingRule(
        "converted", "It names one document, or its payer owes one alone, of another currency: paid at a dated rate.",
        Decimal("0.96"), exchanged.converted,
    ),
    MatchingRule(
        OTHER_CURRENCY, "It names a document of another currency, or its payer owes in others alone.", PEOPLE,
        exchanged.other_currency,
    ),
    MatchingRule(
        "reused-reference", "It names paid documents alone, and has the amount of others that are open.", PEOPLE,
        before.reused_reference,
    ),
    MatchingRule(
        "duplicate", "It names paid documents alone, with their amount, from who owed them: not applied.",
        Decimal("0.97"), before.duplicate,
    ),
    MatchingRule(
        "remittance-advice", "The payer's advice of a payment of the amount; so much is open of each document in it.",
        Decimal("0.98"), advised.advised,
    ),
    MatchingRule(
        "structured-reference", "A reference of ISO 11649 with right check digits; the amount is what is open.",
        Decimal("0.99"), named.named_in_full(Naming.STRUCTURED, _EXACT),
    ),
    MatchingRule(
        "number-in-text", "Numbers of documents in the text; the amount is the sum of what is open.",
        Decimal("0.98"), named.named_in_full(Naming.NUMBER, _EXACT),
    ),
    MatchingRule(
        "corrected-number", "A number with misread characters or blanks in it; the amount is what is open.",
        Decimal("0.97"), named.named_in_full(Naming.CORRECTED, _EXACT),
    ),
    MatchingRule(
        "shortened-number", "The end of a number of the payer's; the amount is what is open.",
        Decimal("0.96"), named.named_in_full(Naming.SHORTENED, _EXACT),
    ),
    MatchingRule(
        "mistyped-number", "One stroke away from a number of the payer's; the amount is what is open.",
        Decimal("0.96"), named.named_in_full(Naming.NEAR, _EXACT),
    ),
    MatchingRule(
        "number-cut-off", "Numbers in a text that is cut off; one choice of the payer's documents is the rest.",
        Decimal("0.96"), named.named_in_full(Naming.CUT_OFF, _EXACT),
    ),
    MatchingRule(
        "discount-taken", "Named documents; the amount is what is open less discounts within their days.",
        Decimal("0.97"), named.settled_in_full(Settling.DISCOUNT),
    ),
    MatchingRule(
        "charges-told", "Named documents; the amount and the charges that the bank told of are what is open.",
        Decimal("0.97"), named.settled_in_full(Settling.CHARGES_TOLD),
    ),
    MatchingRule(
        "small-difference", "Named documents; the amount is short by no more than the policy's `tolerance`.",
        Decimal("0.97"), named.settled_in_full(Settling.TOLERANCE),
    ),
    MatchingRule(
        "bank-charges", "Named documents; the amount is short by no more than the policy's `charges`, and a fifth.",
        Decimal("0.96"), named.settled_in_full(Settling.CHARGES),
    ),
    MatchingRule(
        "part-payment", "One named document, and less than what is open of it: nothing else open has the amount.",
        Decimal("0.96"), named.part_payment,
    ),
    MatchingRule(
        "over-payment", "Named documents, and more than what is open of them: the rest is the account's.",
        Decimal("0.96"), named.over_payment,
    ),
    MatchingRule(
        "named-unclear", "It names documents, or seems to, and does not pay them in a way that a rule knows.", PEOPLE,
        named.named_unclear,
    ),
    MatchingRule(
        "exact-amount", "It names nothing; one open document of the payer has the amount, and no sum of others.",
        Decimal("0.97"), unnamed.only_reading(_EXACT, several=False),
    ),
    MatchingRule(
        "exact-subset", "It names nothing; one choice of the payer's open documents has the amount.",
        Decimal("0.96"), unnamed.only_reading(_EXACT, several=True),
    ),
    MatchingRule(
        "nearly-exact-amount", "It names nothing; one document of the payer has the amount but for a difference.",
        Decimal("0.96"), unnamed.only_reading(set(Settling) - _EXACT, several=False),
    ),
    MatchingRule(
        "nearly-exact-subset", "It names nothing; all that is open of the payer has the amount but for a difference.",
        Decimal("0.96"), unnamed.only_reading(set(Settling) - _EXACT, several=True),
    ),
    MatchingRule(
        "due-first", "It names nothing; what is due has the amount. Others of it are not due, and never paid so early.",
        Decimal("0.96"), unnamed.due_first,
    ),
    MatchingRule(
        "several-readings", "It names nothing, and more than one choice of documents may be what it pays.", PEOPLE,
        unnamed.several_readings,
    ),
    MatchingRule(
        "nothing-open", "It names nothing, and nothing is open of the payer, who is known for sure: the account's.",
        Decimal("0.95"), unnamed.nothing_open,
    ),
    MatchingRule(
        "payer-only", "It names nothing, and its amount is nothing's, or its payer may be several.", PEOPLE,
        unnamed.payer_only,
    ),
    MatchingRule("unknown", "Neither a number nor the payer says whose it is.", Decimal(0), unnamed.unknown),
)  # fmt: skip
