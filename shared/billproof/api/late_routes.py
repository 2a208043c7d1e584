"""The routes of an audience, each module of them imported when a call comes that none before it answers.

A cold start waits for the modules of the route that was called, and not for those of every other: who sends events does
not wait for what drafts a preview. The module whose routes are called most stands first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, override

from billproof.api.routes import Route


class LateRoutes(Mapping[str, Route[Any]]):
    """The routes of some modules of this package, by their keys."""

    def __init__(self, *modules: str) -> None:
        self._modules = modules

    def _tables(self) -> Iterator[dict[str, Route[Any]]]:
        for module in self._modules:
            yield import_module(f"billproof.api.{module}").ROUTES

    @override
    def __getitem__(self, key: str) -> Route[Any]:
        for routes in self._tables():
            if key in routes:
                return routes[key]
        raise KeyError(key)

    @override
    def __iter__(self) -> Iterator[str]:
        for routes in self._tables():
            yield from routes

    @override
    def __len__(self) -> int:
        return sum(map(len, self._tables()))
