import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from billproof_ops import asyncapi, catalogue, describing, openapi
from billproof_ops.paths import ROOT
from billproof_ops.schemas import DIALECT, EXAMPLES, FOLDER, MODELS, generate

Schema = dict[str, Any]
VOCABULARY = {
    *("$schema", "$id", "$ref", "$defs", "title", "description", "examples", "default"),
    *("type", "enum", "const", "anyOf", "oneOf", "not", "if", "then"),
    *("properties", "required", "additionalProperties", "propertyNames", "minProperties"),
    *("items", "prefixItems", "minItems", "maxItems", "minLength", "maxLength", "pattern", "format"),
    *("minimum", "maximum", "exclusiveMinimum"),
}
"""What our schemas are written with: keywords of JSON Schema 2020-12 and no other, as strict validators want it."""
NAMED = ("properties", "$defs")
"""Keywords whose members are schemas by a name of ours."""
OF_API = {"openapi.json": openapi.FILE, "asyncapi.json": asyncapi.FILE}
OF_MODELS = [path.name for path in sorted(FOLDER.glob("*.json"))]
STORED = [*OF_MODELS, *OF_API]


def stored(name: str) -> Schema:
    document: Schema = json.loads(OF_API.get(name, FOLDER / name).read_text())
    return document


def parts(schema: Any) -> Iterator[Schema]:
    """Every schema within a schema, itself first; what is only forbidden or asked (not, if) describes nothing."""
    if isinstance(schema, list):
        for part in schema:
            yield from parts(part)
    if not isinstance(schema, dict):
        return
    yield schema
    for keyword, value in schema.items():
        if keyword in {"examples", "default", "const", "enum", "not", "if", "then", "required", "discriminator"}:
            continue
        yield from (part for child in value.values() for part in parts(child)) if keyword in NAMED else parts(value)


def schemas_of(name: str) -> Iterator[Schema]:
    document = stored(name)
    if name not in OF_API:
        yield from parts(document)
        return
    for schema in document["components"]["schemas"].values():
        yield from parts(schema)
    for methods in document.get("paths", {}).values():
        for operation in methods.values():
            bodies = operation.get("requestBody", {}).get("content", {}).values()
            yield from (part for body in bodies for part in parts(body["schema"]))
            yield from (part for parameter in operation["parameters"] for part in parts(parameter["schema"]))


def test_the_schemas_are_those_of_the_models() -> None:
    assert {path.name: path.read_text() for path in FOLDER.glob("*.json")} == generate(), "run 'make schemas'"


def test_amounts_and_quantities_are_text() -> None:
    for name in generate():
        sums = (part for schema in schemas_of(name) for part in schema.get("properties", {}).items())
        assert [name for name, part in sums if part.get("type") == "number"] == [], name


@pytest.mark.parametrize("name", STORED)
def test_every_property_says_what_it_is(name: str) -> None:
    undescribed = {
        (schema.get("title"), field)
        for schema in schemas_of(name)
        for field, part in schema.get("properties", {}).items()
        if not part.get("description", "").strip().endswith((".", ":"))
    }
    assert undescribed == set()


@pytest.mark.parametrize("name", STORED)
def test_only_what_is_open_takes_other_properties(name: str) -> None:
    """Attributes of CloudEvents beside ours are taken, and a problem may say more; everything else is closed."""
    is_open = {
        schema.get("title")
        for schema in schemas_of(name)
        if "properties" in schema and schema.get("additionalProperties") is not False
    }
    assert {title for title in is_open if title not in {"UsageEvent", "Problem", "GatewayMessage"}} == set()


@pytest.mark.parametrize("name", STORED)
def test_a_strict_validator_takes_the_schema(name: str) -> None:
    """`discriminator` of OpenAPI is no keyword of JSON Schema, and another one in AsyncAPI."""
    known = VOCABULARY | ({"discriminator", "contentMediaType"} if name == "openapi.json" else set())
    for schema in schemas_of(name):
        Draft202012Validator.check_schema(schema)
        assert schema.keys() <= known


@pytest.mark.parametrize("name", OF_MODELS)
def test_a_schema_names_itself_and_its_examples_are_valid(name: str) -> None:
    schema = stored(name)
    kind, version, _ = name.split(".")
    assert (schema["$schema"], schema["$id"]) == (DIALECT, f"urn:billproof:schema:{kind}:{version}")
    validator = Draft202012Validator(schema)
    assert schema["examples"]
    for example in schema["examples"]:
        validator.validate(example)
        assert list(validator.iter_errors({**example, "id": 7, "legal_entity": 7, "currency": 7, "price": 7}))


WRITTEN_BY_OTHERS = (
    *("account.v1.json", "contract.v1.json", "exchange-rate.v1.json", "legal-entity.v1.json", "meter.v1.json"),
    *("opening.v1.json", "policy.v2.json", "usage-event.v1.json"),
)
"""What people and systems send: each property has a value to go by. Other documents are written here."""


def shown(schema: Any, value: Any, models: Schema, owner: str = "") -> Iterator[tuple[str, str]]:
    """Yield each property that a value has, by the model that it is of."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        yield from shown(models[name], value, models, name)
    for option in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        if Draft202012Validator({**option, "$defs": models}).is_valid(value):
            yield from shown(option, value, models, owner)
    if isinstance(value, dict):
        for name, part in schema.get("properties", {}).items():
            if value.get(name) is not None:
                yield owner, name
                yield from shown(part, value[name], models)
        named = schema.get("additionalProperties")
        for item in value.values() if isinstance(named, dict) else ():
            yield from shown(named, item, models)
    if isinstance(value, list):
        for item in value:
            yield from shown(schema.get("items", {}), item, models)


@pytest.mark.parametrize("name", WRITTEN_BY_OTHERS)
def test_every_property_of_what_others_write_has_a_value_in_an_example(name: str) -> None:
    schema = stored(name)
    models = schema.get("$defs", {})
    has = {place for example in schema["examples"] for place in shown(schema, example, models)}
    every = {
        (owner, field) for owner, model in [("", schema), *models.items()] for field in model.get("properties", {})
    }
    assert every - has == set()


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*.json")), ids=lambda file: file.stem)
def test_an_example_is_what_its_model_writes(file: Path) -> None:
    name, example = file.name.partition(".")[0], json.loads(file.read_text())
    document = MODELS[name].model_validate(example)
    assert MODELS[name].model_validate(document.model_dump(mode="json")) == document


def test_every_text_of_the_tables_is_that_of_a_field() -> None:
    """A text that no schema shows is of a field that is gone, or stands under the field, too."""
    shown = {text for name in STORED for text in descriptions(stored(name))}
    of_models = {text for texts in describing.texts_of_models().values() for text in texts.values()}
    assert {text for text in {*describing.texts_of_names().values(), *of_models} if text not in shown} == set()


def descriptions(document: Any) -> Iterator[str]:
    match document:
        case dict():
            if isinstance(text := document.get("description"), str):
                yield text
            for part in document.values():
                yield from descriptions(part)
        case list():
            for part in document:
                yield from descriptions(part)


WORD = re.compile(r"[a-z]{2,}")
SAYS_NOTHING = WORD.findall(
    "the of or and is are that this to in at by for as it its on with which field property value description text "
    "todo tbd fixme placeholder none lorem ipsum dummy some thing something something of here"
)
IDS = re.compile(r"(Id|Version|Name) of the [a-z ]+[.]|City[.]")
"""What a name of a thing or of a version stands for: there is nothing else to say."""
MOST_NAMES_OF_A_TEXT = 2


def properties() -> Iterator[tuple[str, str]]:
    """Every property of every schema with its description."""
    for schema in (schema for name in STORED for schema in schemas_of(name)):
        for field, part in schema.get("properties", {}).items():
            yield field, part["description"]


def says_nothing(field: str, text: str) -> bool:
    """Say whether a description has no word but those of its field and those that any field could have."""
    of_field = {*WORD.findall(field.casefold())}
    words = {word for word in WORD.findall(text.casefold()) if word not in SAYS_NOTHING}
    return not IDS.fullmatch(text) and not {word for word in words if word.rstrip("s") not in of_field} - of_field


def test_every_description_says_more_than_its_name() -> None:
    assert {(field, text) for field, text in properties() if says_nothing(field, text)} == set()


def test_no_description_stands_under_many_names() -> None:
    names: dict[str, set[str]] = {}
    for field, text in properties():
        names.setdefault(text, set()).add(field)
    assert {text: fields for text, fields in names.items() if len(fields) > MOST_NAMES_OF_A_TEXT} == {}


@pytest.mark.parametrize(
    "text",
    ["TODO.", "Tax number.", "The tax number.", "The value of this field.", "A placeholder.", "...", "Text.", "."],
)
def test_a_placeholder_is_no_description(text: str) -> None:
    assert says_nothing("tax_number", text)


def test_the_page_of_controls_is_that_of_the_catalogue() -> None:
    assert catalogue.PAGE.read_text() == catalogue.page(), "run 'make docs'"


def test_no_schema_holds_a_path_of_the_machine_that_made_it() -> None:
    for name in generate():
        assert str(ROOT) not in (FOLDER / name).read_text()
