"""What a text is written from: named facts, and the forms in which a text may state each of them.

    stored facts -> sources -> a writer -> text -> check against the sources -> a person reads it, and sends it

A text may state a fact in its forms only. An amount is never rounded, a change is stated whole ("from 10 to 12").
"""

import operator
from decimal import Decimal
from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from billproof.errors import NotFound
from billproof.model import Model

PER_MILLION = Decimal(1_000_000)


class TextKind(StrEnum):
    """What a text is: there is no other kind."""

    CONTRACT_CHANGE = "contract_change"
    VARIANCE = "variance"
    DISPUTE = "dispute"
    CLOSE = "close"


class FactKind(StrEnum):
    """What a fact of a text is; a clause is somebody's words, a statement is a claim that is stated word for word."""

    AMOUNT = "amount"
    NUMBER = "number"
    DATE = "date"
    MONTH = "month"
    NAME = "name"
    REFERENCE = "reference"
    CLAUSE = "clause"
    STATEMENT = "statement"

    @property
    def is_figure(self) -> bool:
        """Whether a sign, a digit or a unit beside it would make another fact of it."""
        return self in {FactKind.AMOUNT, FactKind.NUMBER, FactKind.DATE, FactKind.MONTH}


class SourceFact(Model):
    """A fact that a text may state: its name, and the forms in which it is written, the usual one first.

    `personal` facts leave for a writer outside under their names only, unless somebody says otherwise. A text without
    one that is `required` is refused.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")
    kind: FactKind
    forms: tuple[str, ...] = Field(min_length=1)
    personal: bool = Field(default=False, exclude_if=operator.not_)
    required: bool = Field(default=False, exclude_if=operator.not_)

    @property
    def text(self) -> str:
        """The usual form."""
        return self.forms[0]


class TextSources(Model):
    """All facts that a text may state. What is not among them is not in the text, or the text is refused."""

    kind: TextKind
    facts: tuple[SourceFact, ...]

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [fact.name for fact in self.facts]
        if len({*names}) != len(names):
            message = "two facts of a text have one name"
            raise ValueError(message)
        return self

    def has(self, name: str) -> bool:
        """Say whether there is a fact of a name."""
        return any(fact.name == name for fact in self.facts)

    def text(self, name: str) -> str:
        """Return a fact as it is usually written; raises NotFound."""
        for fact in self.facts:
            if fact.name == name:
                return fact.text
        message = f"a text of this kind needs the fact {name}"
        raise NotFound(message)

    def listed(self, prefix: str, suffix: str = "") -> list[str]:
        """Return the facts whose names begin and end so, as they are usually written, in their order."""
        return [fact.text for fact in self.facts if fact.name.startswith(prefix) and fact.name.endswith(suffix)]


class TextFault(StrEnum):
    """Why a text is refused: it states what no source has, or leaves out what it must state."""

    FIGURE = "figure"
    DATE = "date"
    NAME = "name"
    CLAUSE = "clause"
    CHARACTER = "character"
    LEFT_OUT = "left_out"
    CUT_OFF = "cut_off"
    TOO_LONG = "too_long"


class TextProblem(Model):
    """One reason for which a text is refused, with the words that have no source, or the fact that is left out."""

    fault: TextFault
    text: str


class TokenUse(Model):
    """Tokens that a writer was given and returned, over all its tries for a text."""

    given: int = 0
    returned: int = 0

    def __add__(self, other: "TokenUse") -> "TokenUse":
        return TokenUse(given=self.given + other.given, returned=self.returned + other.returned)

    def cost(self, *, price_given: Decimal, price_returned: Decimal) -> Decimal:
        """Return what the tokens cost, exactly, in the currency of the prices: those are for a million tokens each."""
        return (self.given * price_given + self.returned * price_returned) / PER_MILLION


class WriterAnswer(Model):
    """What a writer returned: a text that is not checked yet, and whether the writer came to its end."""

    text: str
    is_whole: bool = True
    tokens: TokenUse = TokenUse()


class CheckedText(Model):
    """A text in which everything has its source, who wrote it, and what an other writer's tries were refused for."""

    kind: TextKind
    text: str
    writer: str
    sources: TextSources
    refused: tuple[tuple[TextProblem, ...], ...] = ()
    tokens: TokenUse = TokenUse()
