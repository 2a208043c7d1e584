"""The base of every canonical object, and exact decimals as text."""

import json
import re
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, ValidationError, WithJsonSchema
from pydantic_core import ErrorDetails

from billproof.ids import canonical_json

DECIMAL_TEXT = r"^-?(0|[1-9][0-9]{0,22})(\.[0-9]{1,15}0*)?$"
_DECIMAL = re.compile(DECIMAL_TEXT)
MOST_DECIMALS = 15


HALF_A_PAIR = "half a surrogate pair is no text"


def is_text(document: Any) -> bool:
    """Say whether the texts of what JSON holds can be written again: half a surrogate pair, as it may carry, cannot."""
    try:
        json.dumps(document, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError:
        return False
    return True


def exact_decimal(value: Any) -> Decimal:
    """Read a decimal from text, an integer or a Decimal; at most 23 digits before the point and 15 after it.

    Zeros at its end are not precision: they are dropped where there are more decimals than that.
    Raises ValueError for floats, exponents, underscores, blanks and anything else that only a lenient parser takes.
    """
    if isinstance(value, Decimal):
        value = f"{value:f}"
    elif isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not _DECIMAL.fullmatch(value):
        message = "this is not an exact decimal: write it as text with at most 23 digits, a point and 15 decimals"
        raise ValueError(message)
    return Decimal(without_excess_zeros(value))


def without_excess_zeros(text: str) -> str:
    """Return the text of a decimal with at most 15 decimals, where those after them are zeros."""
    whole, point, decimals = text.partition(".")
    return f"{whole}{point}{decimals[:MOST_DECIMALS]}"


def decimal_text(value: Decimal) -> str:
    """Write a decimal without exponent and without trailing zeros: 1200, 0.05, -3."""
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


Exact = Annotated[
    Decimal,
    BeforeValidator(exact_decimal),
    PlainSerializer(decimal_text, return_type=str),
    WithJsonSchema({"type": "string", "pattern": DECIMAL_TEXT}),
]

COMPUTED_TEXT = r"^-?(0|[1-9][0-9]{0,59})(\.[0-9]{1,60})?$"
_COMPUTED = re.compile(COMPUTED_TEXT)


def _computed_decimal(value: Any) -> Decimal:
    text = f"{value:f}" if isinstance(value, Decimal) else value
    if not isinstance(text, str) or not _COMPUTED.fullmatch(text):
        message = "this is not a computed decimal"
        raise ValueError(message)
    return Decimal(text)


Computed = Annotated[
    Decimal,
    BeforeValidator(_computed_decimal),
    PlainSerializer(decimal_text, return_type=str),
    WithJsonSchema({"type": "string", "pattern": COMPUTED_TEXT}),
]
"""A product of exact decimals, before it is rounded: it has more digits than anything that may be sent to us."""

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _written_day(value: Any) -> Any:
    """Refuse what is no day as people write it: a lenient parser takes the seconds since 1970, and times."""
    if isinstance(value, date) or (isinstance(value, str) and _DAY.fullmatch(value)):
        return value
    message = "this is not a day: write it as YYYY-MM-DD"
    raise ValueError(message)


def read_day(text: str) -> date:
    """Read a day as people write it; raises ValueError for weeks, and for whatever else only a lenient parser takes."""
    return date.fromisoformat(_written_day(text))


WRITTEN_DAY = BeforeValidator(_written_day)
Day = Annotated[date, WRITTEN_DAY]
"""A day that is sent to us: text such as 2013-01-31, and nothing else."""
Flag = Annotated[bool, Field(strict=True)]
"""A boolean that is sent to us: true or false, and no text or number that may mean one."""

_WHOLE = re.compile(r"[0-9]{1,9}")
_FLAGS = {"true": True, "false": False}


def _written_whole(value: Any) -> int:
    """Refuse what only a lenient parser takes for a whole number: signs, blanks, underscores, fractions."""
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    message = "this is not a whole number: write it in digits"
    raise ValueError(message)


def _written_flag(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value in _FLAGS:
        return _FLAGS[value]
    message = "this is neither true nor false"
    raise ValueError(message)


Whole = Annotated[int, BeforeValidator(_written_whole)]
"""A whole number where all is text: in a path, a query, a table."""
WrittenFlag = Annotated[bool, BeforeValidator(_written_flag)]
"""A boolean where all is text."""


class Model(BaseModel):
    """A frozen object that refuses unknown fields; amounts and quantities are text in JSON.

    An error says what is wrong and where, not what was given: that may be private, and errors are logged. Validators
    are built when they are first needed: a cold start does not wait for those that it never uses.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_default=True, defer_build=True, hide_input_in_errors=True
    )

    @classmethod
    def construct_trusted(cls, **fields: Any) -> Self:
        """Make an object of values that were checked, every field of it: a third of the time of model_construct."""
        self = cls.__new__(cls)
        set_attribute = object.__setattr__
        set_attribute(self, "__dict__", fields)
        set_attribute(self, "__pydantic_fields_set__", set(fields))
        set_attribute(self, "__pydantic_extra__", None)
        set_attribute(self, "__pydantic_private__", None)
        return self


def canonical_model(model: BaseModel) -> bytes:
    """Write a model as canonical_json writes its document, in half the time; floats are refused (TypeError).

    Only a model with a field of any value can hold a float: of others nothing is searched for one.
    """
    import msgspec  # a cold start does not wait for it

    document = model.model_dump(mode="json")
    if _may_hold_floats(type(model)):
        return canonical_json(document)
    try:
        return msgspec.json.encode(document, order="sorted")
    except OverflowError:  # an integer of more than 64 bits
        return canonical_json(document)


_OF_ANYTHING = {"any", "float", "is-instance", "callable", "function-plain", "json"}
_OF_ITEMS = {"list": "items_schema", "set": "items_schema", "frozenset": "items_schema", "dict": "values_schema"}


@cache
def _may_hold_floats(of: type[BaseModel]) -> bool:
    """Say whether a model's schema has a field of any value, or of a float."""
    left: list[Any] = [of.__pydantic_core_schema__]
    while left:
        schema = left.pop()
        if isinstance(schema, dict):
            kind = str(schema.get("type"))  # of the fields of a model, one may be called type
            if kind in _OF_ANYTHING or (kind in _OF_ITEMS and _OF_ITEMS[kind] not in schema):
                return True
            left += [value for name, value in schema.items() if name not in {"metadata", "default", "serialization"}]
        elif isinstance(schema, (list, tuple)):
            left += schema
    return False


_FIELD = re.compile(r"[a-z][a-z0-9_]{0,63}")


def what_is_wrong(error: ValidationError) -> str:
    """Say what is wrong and where, and nothing of what was given: neither a value nor a name that is no field's."""
    return "; ".join(f"{place_of(part['loc'])}: {said_of(part)}" for part in error.errors(include_input=False))


def place_of(path: tuple[int | str, ...]) -> str:
    """Name a place in a document, without names that are no field's."""
    names = (str(name) if isinstance(name, int) or _FIELD.fullmatch(name) else "<other>" for name in path)
    return ".".join(names) or "event"


def said_of(part: ErrorDetails) -> str:
    """Say what is wrong in one place, and nothing of what was given."""
    if part["type"] == "union_tag_invalid":  # pydantic's message repeats the tag
        return f"{part['ctx']['discriminator']} must be one of {part['ctx']['expected_tags']}"
    return part["msg"]
