"""Deploying template.yaml to an emulator, and checking that it is really there."""

import json
from typing import Any

from botocore.exceptions import ClientError, WaiterError

from billproof.adapters.aws.clients import client
from billproof.ids import digest_bytes
from billproof_ops.errors import OpsError
from billproof_ops.local.differences import apply_by_api
from billproof_ops.local.emulators import recognize
from billproof_ops.local.packaging import ARTIFACTS, declared, package

STACK = "billproof-local"
CODE_DIGEST = "billproof:code"
WAIT = {"Delay": 1, "MaxAttempts": 600}
"""LocalStack needs half a minute for the stack on an idle machine."""
UNKNOWN = "unknown"
"""What LocalStack answers for an attribute of a resource that it passed over."""


def deploy(parameters: dict[str, str]) -> bool:
    """Create or update the stack; False where this very code and these parameters are deployed already.

    Raises OpsError where the deployment failed, also where the emulator says that it succeeded.
    """
    cloudformation = client("cloudformation")
    emulator = recognize(cloudformation.meta.endpoint_url)
    template, uploads = package(parameters, emulator)
    body = json.dumps(template).encode()
    digest = digest_bytes(body + json.dumps(parameters, sort_keys=True).encode())
    known = _stack(cloudformation)
    if known and {tag["Key"]: tag["Value"] for tag in known.get("Tags", [])}.get(CODE_DIGEST) == digest:
        _check(outputs())
        return False
    _upload({**uploads, f"template/{digest}.json": body})
    arguments: dict[str, Any] = {
        "StackName": STACK,
        "TemplateURL": f"{client('s3').meta.endpoint_url}/{ARTIFACTS}/template/{digest}.json",
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        "Parameters": [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
        "Tags": [{"Key": CODE_DIGEST, "Value": digest}],
    }
    try:
        if known:
            cloudformation.update_stack(**arguments)
            cloudformation.get_waiter("stack_update_complete").wait(StackName=STACK, WaiterConfig=WAIT)
        else:
            cloudformation.create_stack(**arguments)
            cloudformation.get_waiter("stack_create_complete").wait(StackName=STACK, WaiterConfig=WAIT)
    except (ClientError, WaiterError) as error:
        message = f"the deployment failed: {_reason(cloudformation) or error}"
        raise OpsError(message) from None
    _check(outputs())
    apply_by_api(emulator, declared(parameters), physical_ids())
    return True


def outputs(stack: str = STACK) -> dict[str, str]:
    """Return the outputs of a stack; raises OpsError where it is not there."""
    known = _stack(client("cloudformation"), stack)
    if known is None:
        message = f"there is no stack {stack} at {client('cloudformation').meta.endpoint_url}"
        raise OpsError(message)
    return {output["OutputKey"]: output["OutputValue"] for output in known.get("Outputs", [])}


def parameters_of(stack: str = STACK) -> dict[str, str]:
    """Return the parameters that a stack was deployed with; without those whose values CloudFormation keeps back."""
    known = _stack(client("cloudformation"), stack) or {}
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


def _check(stack_outputs: dict[str, str]) -> None:
    """Raise OpsError where there are no outputs, or one says `unknown`: the emulator did not make what it claims."""
    if not stack_outputs:
        message = (
            "the deployment failed: the stack has no outputs. After a failed creation LocalStack calls every update"
            " complete: start the emulator anew"
        )
        raise OpsError(message)
    unknown = sorted(name for name, value in stack_outputs.items() if value == UNKNOWN or f"/{UNKNOWN}" in value)
    if unknown:
        message = f"the deployment failed: the emulator passed over what these outputs name: {', '.join(unknown)}"
        raise OpsError(message)


def _upload(objects: dict[str, bytes]) -> None:
    s3 = client("s3")
    try:
        s3.create_bucket(Bucket=ARTIFACTS)
    except ClientError as error:
        if error.response["Error"]["Code"] not in {"BucketAlreadyOwnedByYou", "BucketAlreadyExists"}:
            raise
    for key, data in objects.items():
        s3.put_object(Bucket=ARTIFACTS, Key=key, Body=data)


def _stack(cloudformation: Any, name: str = STACK) -> dict[str, Any] | None:
    try:
        stack: dict[str, Any] = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":
            return None
        raise
    return None if stack["StackStatus"] in {"DELETE_COMPLETE", "ROLLBACK_COMPLETE", "CREATE_FAILED"} else stack


def _reason(cloudformation: Any) -> str | None:
    try:
        events = cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
    except ClientError:
        return None
    reasons = [
        f"{event['LogicalResourceId']}: {event['ResourceStatusReason']}"
        for event in events
        if event["ResourceStatus"].endswith("FAILED") and event.get("ResourceStatusReason")
    ]
    return reasons[-1] if reasons else None
