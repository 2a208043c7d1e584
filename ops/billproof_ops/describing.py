"""What each property of a schema is.

text under the field -> else schema_texts/models.yaml -> else schema_texts/names.yaml -> description

The texts are read when schemas are generated, from the source and from files that no function has: a cold start waits
for none of them.
"""

import ast
import inspect
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

TEXTS = Path(__file__).with_name("schema_texts")
Texts = dict[str, str]


_BOUNDS = {"ge": "minimum", "le": "maximum"}
"""What pydantic calls the bounds of a field whose text is read before, and what JSON Schema calls them."""


class DescribedSchemas(GenerateJsonSchema):
    """Generates schemas whose properties say what they are."""

    def generate_inner(self, schema: Any) -> JsonSchemaValue:
        """Return a schema in the words of JSON Schema."""
        return {_BOUNDS.get(keyword, keyword): value for keyword, value in super().generate_inner(schema).items()}

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        """Return the schema of a model, each property with its description."""
        document = super().model_schema(schema)
        for name, field in document.get("properties", {}).items():
            text = description_of(schema["cls"], name)
            if text and "description" not in field:
                field["description"] = text
        return document


def description_of(model: type[BaseModel], field: str) -> str | None:
    """Return what a field of a model is, or None where nothing says so."""
    owners = [owner for owner in model.__mro__ if issubclass(owner, BaseModel) and owner is not BaseModel]
    written = (_under_fields(Path(inspect.getfile(owner))).get(_plain(owner), {}).get(field) for owner in owners)
    of_models = (texts_of_models().get(_plain(owner), {}).get(field) for owner in owners)
    return next(filter(None, written), None) or next(filter(None, of_models), None) or texts_of_names().get(field)


def _plain(model: type[BaseModel]) -> str:
    """Return the name of a model without the parameters of a generic one."""
    return model.__name__.partition("[")[0]


@cache
def texts_of_names() -> Texts:
    """Return what a field is by its name."""
    texts: Texts = yaml.safe_load((TEXTS / "names.yaml").read_text())
    return texts


@cache
def texts_of_models() -> dict[str, Texts]:
    """Return what fields are by model and name."""
    texts: dict[str, Texts] = yaml.safe_load((TEXTS / "models.yaml").read_text())
    return texts


@cache
def _under_fields(file: Path) -> dict[str, Texts]:
    """Return the text literals under the fields of a module's classes."""
    classes = (node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.ClassDef))
    return {node.name: _under_fields_of(node) for node in classes}


def _under_fields_of(node: ast.ClassDef) -> Texts:
    texts: Texts = {}
    for field, below in zip(node.body, node.body[1:], strict=False):
        match field, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str() as text)):
                texts[name] = inspect.cleandoc(text)
    return texts


def without_discriminators(schema: Any) -> Any:
    """Return a schema without the keyword by which OpenAPI chooses among several schemas: JSON Schema has none."""
    match schema:
        case dict():
            return {
                name: without_discriminators(part)
                for name, part in schema.items()
                if name != "discriminator" or not isinstance(part, dict) or "propertyName" not in part
            }
        case list():
            return [without_discriminators(part) for part in schema]
        case _:
            return schema
