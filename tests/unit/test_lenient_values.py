"""A field takes what its schema says, and nothing that a lenient parser would read a value out of."""

from collections.abc import Iterator
from typing import Annotated, Any, get_args

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from billproof.approvals.policy import Policy
from billproof.contracts.model import Contract
from billproof.invoicing.credit_requests import CreditRequest, WantedCredit
from billproof.masterdata.exchange_rates import ExchangeRate
from billproof.masterdata.meters import Meter
from billproof.masterdata.parties import Account, LegalEntity
from billproof.pricing.quoting import PriceRequest
from billproof.receivables.dispute_notes import WantedDispute
from billproof.receivables.notes import CollectionNote

SENT = (
    *(Account, CollectionNote, Contract, CreditRequest, ExchangeRate, LegalEntity, Meter, Policy, PriceRequest),
    *(WantedCredit, WantedDispute),
)
"""What others send to us."""
LENIENT: dict[str, tuple[Any, ...]] = {
    "boolean": ("true", "yes", "1", 1, 0, 1.0),
    "integer": ("5", " 5", 5.5, 5.0, True, "1_0"),
    "date": (0, 1_356_998_400, "1356998400", "2013-01-01T00:00:00", "20130101", "2013-W01-1", True, 1.0),
}


def models_in(kind: Any) -> Iterator[type[BaseModel]]:
    """Yield the models that a type is made of, those of their fields left out."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
    for part in get_args(getattr(kind, "__value__", kind)):
        yield from models_in(part)


def reached(roots: tuple[type[BaseModel], ...]) -> list[type[BaseModel]]:
    models = dict.fromkeys(roots)
    for model in (waiting := list(models)):
        for part in (part for field in model.model_fields.values() for part in models_in(field.annotation)):
            if part not in models:
                models[part] = None
                waiting.append(part)
    return list(models)


def kinds_of(adapter: TypeAdapter[Any]) -> set[str]:
    """Say which of the kinds a field is, by its schema; null may be beside it."""
    schema = adapter.json_schema()
    options = schema.get("anyOf", [schema])
    return {option.get("format", option.get("type")) for option in options if "enum" not in option} & LENIENT.keys()


def fields() -> list[Any]:
    return [
        pytest.param(field, id=f"{model.__name__}.{name}")
        for model in reached(SENT)
        for name, field in model.model_fields.items()
    ]


@pytest.mark.parametrize("field", fields())
def test_a_field_refuses_what_only_a_lenient_parser_takes(field: FieldInfo) -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(
        Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
    )
    for kind in kinds_of(adapter):
        for value in LENIENT[kind]:
            with pytest.raises(ValidationError):
                adapter.validate_python(value)


def test_every_kind_is_among_what_others_send() -> None:
    annotations = (field.annotation for model in reached(SENT) for field in model.model_fields.values())
    adapters: list[TypeAdapter[Any]] = [TypeAdapter(annotation) for annotation in annotations]
    assert set().union(*map(kinds_of, adapters)) == LENIENT.keys()
