"""Types of text and numbers in master data."""

from collections.abc import Callable
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from billproof.errors import InvalidInput
from billproof.ids import NAME_RULE, name
from billproof.model import Exact
from billproof.money import exponent
from billproof.periods import zone


def _checked(check: Callable[[str], object], said: str) -> AfterValidator:
    """Make a field validator of a check that raises InvalidInput; it says what is wrong without what was given."""

    def validate(value: str) -> str:
        try:
            check(value)
        except InvalidInput:
            raise ValueError(said) from None
        return value

    return AfterValidator(validate)


Name = Annotated[str, _checked(lambda value: name(value, "the name"), f"this {NAME_RULE}")]
"""Letters, digits, `_` and `-`: it becomes part of keys."""
Currency = Annotated[str, _checked(exponent, "this is not a currency of ISO 4217")]
TimeZone = Annotated[str, _checked(zone, "this is not a time zone of the IANA database")]
EventType = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,127}$")]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Version = Annotated[int, Field(ge=1, le=999_999)]
Nonnegative = Annotated[Exact, Field(ge=0)]
