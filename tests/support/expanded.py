"""The template as SAM expands it, for tests that ask what is deployed."""

from functools import cache
from typing import Any

from billproof_ops.local.packaging import as_on_aws
from billproof_ops.template import read_template

Resource = dict[str, Any]


@cache
def source() -> dict[str, Any]:
    """Return the template as it is written."""
    return read_template()


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


def referenced(value: Any) -> str:
    """Return the logical id that a Ref or Fn::GetAtt names."""
    return str(value["Fn::GetAtt"][0] if "Fn::GetAtt" in value else value["Ref"])


def as_list(value: Any) -> list[Any]:
    """Return the actions or resources of a statement, which may be one or a list."""
    return value if isinstance(value, list) else [value]


def role_statements(function: str) -> list[Resource]:
    """Return what the role of a function may do by its own policies, every condition of the template being true."""
    return _own_statements(expanded()[f"{logical_id(function)}Role"]["Properties"])


def statements() -> list[tuple[str, Resource]]:
    """Return every statement of a role or policy, with the logical id of either."""
    found = [
        (name, statement) for name, role in of_type("AWS::IAM::Role").items() for statement in _own_statements(role)
    ]
    for name, policy in of_type("AWS::IAM::Policy").items():
        found += [(name, statement) for statement in policy["PolicyDocument"]["Statement"]]
    return found


def _own_statements(role: Resource) -> list[Resource]:
    chosen = [policy["Fn::If"][1] if "Fn::If" in policy else policy for policy in role.get("Policies", [])]
    return [statement for policy in chosen for statement in policy["PolicyDocument"]["Statement"]]


def environment(function: str) -> dict[str, Any]:
    """Return the variables that the template gives a function on AWS: there is no address of an emulator."""
    variables: dict[str, Any] = expanded()[logical_id(function)]["Properties"]["Environment"]["Variables"]
    return {name: value for name, value in variables.items() if name != "AWS_ENDPOINT_URL"}


def on_failure(function: str) -> list[Resource]:
    """Return where Lambda itself sends the calls of a function that failed: its role must allow it."""
    return [
        config["DestinationConfig"]["OnFailure"]["Destination"]
        for config in of_type("AWS::Lambda::EventInvokeConfig").values()
        if config["FunctionName"] == {"Ref": logical_id(function)}
    ]
