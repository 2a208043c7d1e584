"""What a newer version of an API or a schema takes away from who relies on the older one.

A field, value, status or route that is gone breaks a program; so does a request that must say more, and an answer that
may say less. What is new beside it breaks nothing.
"""

from collections.abc import Iterator, Mapping
from typing import Any

Schema = dict[str, Any]
Pairs = frozenset[tuple[str, str]]
_LEAST = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_MOST = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")


class Comparison:
    """Compares two documents; `is_sent` says whether a schema is of what a program sends, or of what it is answered."""

    def __init__(self, old: Schema, new: Schema) -> None:
        self.old, self.new = old, new

    def routes(self) -> Iterator[str]:
        """Yield what breaks a program that calls the routes."""
        for path, methods in self.old["paths"].items():
            for method, operation in methods.items():
                name, now = f"{method.upper()} {path}", self.new["paths"].get(path, {}).get(method)
                if now is None:
                    yield f"{name}: gone"
                else:
                    yield from self._operation(name, operation, now)

    def _operation(self, name: str, old: Schema, new: Schema) -> Iterator[str]:
        before, now = ({(part["in"], part["name"]): part for part in one["parameters"]} for one in (old, new))
        yield from (f"{name}: parameter {gone} is gone" for _, gone in sorted(before.keys() - now.keys()))
        for key, part in now.items():
            if part["required"] and not before.get(key, {}).get("required"):
                yield f"{name}: parameter {key[1]} is required"
            if key in before:
                yield from self.schema(f"{name} {key[1]}", before[key]["schema"], part["schema"], is_sent=True)
        yield from self._contents(f"{name} body", old.get("requestBody"), new.get("requestBody"), is_sent=True)
        for status, answer in old["responses"].items():
            yield from self._contents(f"{name} {status}", answer, new["responses"].get(status), is_sent=False)

    def _contents(self, name: str, old: Schema | None, new: Schema | None, *, is_sent: bool) -> Iterator[str]:
        if old is None or new is None:
            if old != new:
                yield f"{name}: {'new' if old is None else 'gone'}"
            return
        old, new = _target(self.old, old), _target(self.new, new)
        for kind, content in old.get("content", {}).items():
            now = new.get("content", {}).get(kind)
            if now is None:
                yield f"{name}: {kind} is gone"
            else:
                yield from self.schema(name, content["schema"], now["schema"], is_sent=is_sent)

    def schema(
        self, name: str, old: Schema, new: Schema, *, is_sent: bool, known: Pairs = frozenset()
    ) -> Iterator[str]:
        """Yield what breaks a program that knows the old schema."""
        pair = (old.get("$ref", ""), new.get("$ref", ""))
        if all(pair):
            if pair in known:
                return
            known |= {pair}
        before, now = _alternatives(self.old, old), _alternatives(self.new, new)
        for one in before:
            alike = [other for other in now if _kind(one) == _kind(other)]
            losses = [list(self._plain(name, one, other, is_sent=is_sent, known=known)) for other in alike]
            yield from min(losses, key=len, default=[f"{name}: {_kind(one)} is gone"])
        nothing = (("null",), None)
        if not is_sent and nothing in map(_kind, now) and nothing not in map(_kind, before):
            yield f"{name}: may be null"

    def _plain(self, name: str, old: Schema, new: Schema, *, is_sent: bool, known: Pairs) -> Iterator[str]:
        yield from (
            f"{name}: value {value} is gone" for value in _values(old) if value not in (_values(new) or [value])
        )
        if is_sent:
            yield from _narrowed(name, old, new)
        must, must_not = (new, old) if is_sent else (old, new)
        for field in sorted(set(must.get("required", ())) - set(must_not.get("required", ()))):
            yield f"{name}.{field}: {'is required' if is_sent else 'may be missing'}"
        fields = new.get("properties", {})
        for field, part in old.get("properties", {}).items():
            if field not in fields:
                yield f"{name}.{field}: gone"
            else:
                yield from self.schema(f"{name}.{field}", part, fields[field], is_sent=is_sent, known=known)
        for keyword in ("items", "additionalProperties"):
            if isinstance(old.get(keyword), dict) and isinstance(new.get(keyword), dict):
                yield from self.schema(f"{name}[]", old[keyword], new[keyword], is_sent=is_sent, known=known)


def _target(document: Schema, part: Schema) -> Schema:
    """Return what a part refers to, or the part itself."""
    if "$ref" not in part:
        return part
    target: Any = document
    for step in part["$ref"].removeprefix("#/").split("/"):
        target = target[step]
    return dict(target)


def _alternatives(document: Schema, schema: Schema) -> list[Schema]:
    """Return what a schema may be, references followed."""
    if "$ref" in schema:
        return _alternatives(document, _target(document, schema))
    branches = schema.get("anyOf") or schema.get("oneOf")
    if not branches:
        return [schema]
    return [one for branch in branches for one in _alternatives(document, branch)]


def _kind(schema: Schema) -> tuple[tuple[str, ...], Any]:
    """Return what tells alternatives apart: their types, and of objects the constants that they are chosen by."""
    types = schema.get("type", ())
    chosen = next((part["const"] for part in schema.get("properties", {}).values() if "const" in part), None)
    return ((types,) if isinstance(types, str) else tuple(types)), chosen


def _values(schema: Schema) -> list[Any]:
    return [schema["const"]] if "const" in schema else schema.get("enum", [])


def _narrowed(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for keyword in ("pattern", "format"):
        if keyword in new and new[keyword] != old.get(keyword):
            yield f"{name}: {keyword} is {new[keyword]}"
    for keyword in _LEAST:
        if keyword in new and new[keyword] > old.get(keyword, float("-inf")):
            yield f"{name}: {keyword} is {new[keyword]}"
    for keyword in _MOST:
        if keyword in new and new[keyword] < old.get(keyword, float("inf")):
            yield f"{name}: {keyword} is {new[keyword]}"
