"""The ways in from outside that template.yaml opens: routes of its HTTP APIs, and URLs of functions.

They are read off the deployed resources, not off the code: a way in that nobody lists is there all the same.
"""

from dataclasses import dataclass
from typing import Any

from billproof.api.greedy import GREEDY
from billproof_ops.openapi import camel
from billproof_ops.template import read_template
from tests.support.expanded import of_type, referenced
from tests.support.invoking import FUNCTIONS, handler


@dataclass(frozen=True, slots=True, order=True)
class WayIn:
    """A way in: the route key or the URL, whom the gateway lets in, and the logical id of the function behind it."""

    key: str
    lets_in: str
    function: str


def ways_in() -> list[WayIn]:
    """Return every way in."""
    integrations = of_type("AWS::ApiGatewayV2::Integration")
    mappings = read_template()["Mappings"]
    known = []
    for route in of_type("AWS::ApiGatewayV2::Route").values():
        integration = integrations[_integration(route["Target"])]
        assert integration["ApiId"] == route["ApiId"], route
        lets_in = f"{route['AuthorizationType']} of {referenced(route['ApiId'])}"
        function = referenced(integration["IntegrationUri"])
        known += [WayIn(key, lets_in, function) for key in _keys(_key(route["RouteKey"], mappings), function)]
    for url in of_type("AWS::Lambda::Url").values():
        function = referenced(url["TargetFunctionArn"])
        known.append(WayIn(f"URL of {function}", f"{url['AuthType']} of a URL", function))
    return sorted(known)


def _keys(key: str, function: str) -> list[str]:
    """Return what a route lets in: itself, or the routes of the function that a greedy one stands for."""
    if GREEDY not in key:
        return [key]
    folder = next(name for name in FUNCTIONS if camel(name) == function)
    method = key.partition(" ")[0]
    return [known for known in handler(folder).__dict__["routes"] if known.startswith(f"{method} ")]


def _key(value: Any, mappings: dict[str, Any]) -> str:
    """Return a route key that stands there, or in a mapping of the template."""
    if isinstance(value, str):
        return value
    mapping, name, field = value["Fn::FindInMap"]
    return str(mappings[mapping][name][field])


def _integration(target: Any) -> str:
    """Return the logical id of the integration that a route's target names."""
    if "Fn::Join" in target:
        return referenced(target["Fn::Join"][1][1])
    return str(target["Fn::Sub"]).removeprefix("integrations/${").removesuffix("}")
