"""How often what happens: one mix as customers pay, and a worse one."""

from dataclasses import dataclass, field

from tests.matching.bills import Habits
from tests.matching.customers import Likeness


@dataclass(frozen=True, slots=True)
class Mix:
    """Parts of receipts, from 0 to 1; `styles` are how a payer says what it pays, as a habit."""

    customers: int = 1_900
    structured: float = 0.52
    text: float = 0.39
    unnamed: float = 0.055
    shortened: float = 0.035
    collective: float = 0.2
    forgets: float = 0.012
    slips: float = 0.02
    wrong_digit: float = 0.006
    part: float = 0.012
    over: float = 0.01
    charges: float = 0.02
    rounding: float = 0.005
    takes_discount: float = 0.7
    late_discount: float = 0.003
    duplicate: float = 0.006
    stale: float = 0.003
    unclear_part: float = 0.003
    third_party: float = 0.006
    nameless: float = 0.02
    other_currency: float = 0.05
    advance: float = 0.002
    stranger: float = 0.001
    likeness: Likeness = field(default_factory=Likeness)
    habits: Habits = field(default_factory=Habits)


USUAL = Mix()
NASTY = Mix(
    structured=0.25, text=0.5, unnamed=0.15, shortened=0.1, collective=0.4, forgets=0.05, slips=0.08, wrong_digit=0.05,
    part=0.05, over=0.05, charges=0.08, rounding=0.03, takes_discount=0.5, late_discount=0.05, duplicate=0.04,
    stale=0.04, unclear_part=0.03, third_party=0.05, nameless=0.1, other_currency=0.3, advance=0.02, stranger=0.01,
    likeness=Likeness(similar=0.3, same=0.02, children=0.2, known_ibans=0.2),
    habits=Habits(plans=0.7, second=0.4, discounts=0.3, foreign=0.06),
)  # fmt: skip
