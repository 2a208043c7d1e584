"""Greedy routes: API Gateway names one for all paths, and the function finds the route of its own that was called.

A stack has 500 resources at most, and a route is one for each API: what an audience reads shares one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

GREEDY = "{proxy+}"


def named_route(event: dict[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    """Return the event of a call of a greedy route as that of the route it is; another event as it is.

    The names in the path become its parameters. The first key that fits is taken, and those after it are not read. A
    path that no route has keeps its greedy key: it is answered 404.
    """
    method, _, greedy = str(event.get("routeKey")).partition(" ")
    values = event.get("pathParameters")
    if not greedy.endswith(GREEDY) or not isinstance(values, dict):
        return event
    called = (greedy.removesuffix(GREEDY) + str(values.get("proxy", ""))).split("/")
    for key in keys:
        wanted, _, path = key.partition(" ")
        names = names_in(path, called) if wanted == method else None
        if names is not None:
            return {**event, "routeKey": key, "pathParameters": names or None}
    return event


def names_in(path: str, called: list[str]) -> dict[str, str] | None:
    """Return the values of the names of a path in the parts of one that was called; None where it is not that path."""
    parts = path.split("/")
    if len(parts) != len(called):
        return None
    names = {}
    for part, value in zip(parts, called, strict=True):
        if part.startswith("{") and value:
            names[part[1:-1]] = value
        elif part != value:
            return None
    return names
