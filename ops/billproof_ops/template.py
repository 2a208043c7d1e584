"""template.yaml as CloudFormation sees it once `Fn::ForEach` is expanded: for the local deployment, and for tests."""

from functools import lru_cache
from typing import Any

from samtranslator.yaml_helper import yaml_parse

from billproof_ops.paths import TEMPLATE

_LOOP = "Fn::ForEach::"
_EXTENSIONS = "AWS::LanguageExtensions"


def read_template() -> dict[str, Any]:
    """Return template.yaml with every loop written out; it needs the transform of SAM only."""
    template: dict[str, Any] = expanded(_parsed(TEMPLATE.read_text()), {})
    (template["Transform"],) = [name for name in template["Transform"] if name != _EXTENSIONS]
    return template


@lru_cache(maxsize=1)
def _parsed(text: str) -> Any:
    """Parse the same text once: it takes half a second."""
    return yaml_parse(text)


def expanded(value: Any, names: dict[str, str]) -> Any:
    """Return a part of a template with its loops written out, where each name of a loop stands for its value."""
    if isinstance(value, dict):
        return _expanded_mapping(value, names)
    if isinstance(value, list):
        return [expanded(item, names) for item in value]
    return _named(value, names) if isinstance(value, str) else value


def _expanded_mapping(value: dict[str, Any], names: dict[str, str]) -> Any:
    if list(value) == ["Ref"] and isinstance(value["Ref"], str):
        return names.get(value["Ref"], value)
    if list(value) == ["Fn::Sub"] and isinstance(value["Fn::Sub"], str):
        text = _named(value["Fn::Sub"], names)
        return {"Fn::Sub": text} if "${" in text else text
    result: dict[str, Any] = {}
    for key, part in value.items():
        if key.startswith(_LOOP):
            name, collection, fragment = part
            for item in collection:
                result |= expanded(fragment, {**names, name: item})
        else:
            result[_named(key, names)] = expanded(part, names)
    return result


def _named(text: str, names: dict[str, str]) -> str:
    for name, value in names.items():
        text = text.replace(f"${{{name}}}", value).replace(f"&{{{name}}}", value)
    return text
