"""The template as SAM expands it, for tests that ask what is deployed."""

from functools import cache
from typing import Any

from billproof_ops.local.packaging import as_on_aws

Resource = dict[str, Any]


@cache
def expanded() -> dict[str, Resource]:
    """Return the resources of the template after loops and SAM's transform."""
    resources: dict[str, Resource] = as_on_aws({})["Resources"]
    return resources


def of_type(kind: str) -> dict[str, Resource]:
    """Return the properties of all resources of a type, by logical id."""
    return {name: each["Properties"] for name, each in expanded().items() if each["Type"] == kind}


def logical_id(function: str) -> str:
    """Return the logical id of a function of functions/."""
    return "".join(part.capitalize() for part in function.split("_"))


def role_statements(function: str) -> list[Resource]:
    """Return what the role of a function may do by its own policies, every condition of the template being true."""
    role = expanded()[f"{logical_id(function)}Role"]["Properties"]
    statements = []
    for policy in role.get("Policies", []):
        chosen = policy["Fn::If"][1] if "Fn::If" in policy else policy
        statements += chosen["PolicyDocument"]["Statement"]
    return statements


def environment(function: str) -> dict[str, Any]:
    """Return the variables that the template gives a function."""
    variables: dict[str, Any] = expanded()[logical_id(function)]["Properties"]["Environment"]["Variables"]
    return variables


def on_failure(function: str) -> list[Resource]:
    """Return where Lambda itself sends the calls of a function that failed: its role must allow it."""
    return [
        config["DestinationConfig"]["OnFailure"]["Destination"]
        for config in of_type("AWS::Lambda::EventInvokeConfig").values()
        if config["FunctionName"] == {"Ref": logical_id(function)}
    ]
