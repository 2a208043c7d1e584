"""The routes of what the API and the events are: their OpenAPI and AsyncAPI documents, for whoever may call at all."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import RootModel

from billproof.api.routes import Route, RouteCall
from billproof.composition import Composition
from billproof.model import Model

OPENAPI = Path(__file__).with_name("openapi.json")
ASYNCAPI = Path(__file__).with_name("asyncapi.json")


class NothingAsked(Model):
    """A request that says nothing but its path."""


class ApiDocument(RootModel[dict[str, Any]]):
    """A document in JSON, in the form that its own specification says."""


@cache
def _read(file: Path) -> ApiDocument:
    return ApiDocument(json.loads(file.read_text()))


def _openapi(_call: RouteCall[NothingAsked], _ports: Composition) -> ApiDocument:
    """Return the OpenAPI document of this API."""
    return _read(OPENAPI)


def _asyncapi(_call: RouteCall[NothingAsked], _ports: Composition) -> ApiDocument:
    """Return the AsyncAPI document of queues, events and webhooks."""
    return _read(ASYNCAPI)


def _open(operation: Callable[[RouteCall[NothingAsked], Composition], ApiDocument]) -> Route[NothingAsked]:
    return Route(NothingAsked, None, operation, is_of_every_caller=True)


ROUTES: dict[str, Route[Any]] = {
    "GET /v1/openapi.json": _open(_openapi),
    "GET /v1/asyncapi.json": _open(_asyncapi),
}
