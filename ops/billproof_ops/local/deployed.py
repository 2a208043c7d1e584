"""What of a stack is there: its outputs, parameters and resources. Read by every command, so it imports little."""

from typing import Any

from botocore.exceptions import ClientError

from billproof.adapters.aws.clients import client
from billproof_ops.errors import OpsError

STACK = "billproof-local"
UNKNOWN = "unknown"
"""What LocalStack answers for an attribute of a resource that it passed over."""


def outputs(stack: str = STACK) -> dict[str, str]:
    """Return the outputs of a stack; raises OpsError where it is not there."""
    known = stack_of(client("cloudformation"), stack)
    if known is None:
        message = f"there is no stack {stack} at {client('cloudformation').meta.endpoint_url}"
        raise OpsError(message)
    return {output["OutputKey"]: output["OutputValue"] for output in known.get("Outputs", [])}


def parameters_of(stack: str = STACK) -> dict[str, str]:
    """Return the parameters that a stack was deployed with; without those whose values CloudFormation keeps back."""
    known = stack_of(client("cloudformation"), stack) or {}
    values = {named["ParameterKey"]: named.get("ParameterValue", "") for named in known.get("Parameters", [])}
    return {name: value for name, value in values.items() if not value or value.strip("*")}


def physical_ids(stack: str = STACK) -> dict[str, str]:
    """Return the physical id of every resource of a stack, by its logical id."""
    pages = client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack)
    return {
        resource["LogicalResourceId"]: resource.get("PhysicalResourceId", UNKNOWN)
        for page in pages
        for resource in page["StackResourceSummaries"]
    }


def stack_of(cloudformation: Any, name: str = STACK) -> dict[str, Any] | None:
    """Return what CloudFormation knows of a stack; None where there is none."""
    try:
        stack: dict[str, Any] = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":
            return None
        raise
    return None if stack["StackStatus"] in {"DELETE_COMPLETE", "ROLLBACK_COMPLETE", "CREATE_FAILED"} else stack
