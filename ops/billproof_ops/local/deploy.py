"""Deploying template.yaml to an emulator, and checking that it is really there."""

import json
from typing import Any

from botocore.exceptions import ClientError, WaiterError

from billproof.adapters.aws.clients import client
from billproof.ids import digest_bytes
from billproof_ops.errors import OpsError
from billproof_ops.local.deployed import STACK, UNKNOWN, outputs, physical_ids, stack_of
from billproof_ops.local.differences import apply_by_api
from billproof_ops.local.emulators import recognize
from billproof_ops.local.packaging import ARTIFACTS, declared, package

CODE_DIGEST = "billproof:code"
WAIT = {"Delay": 1, "MaxAttempts": 600}
"""LocalStack needs half a minute for the stack on an idle machine."""


def deploy(parameters: dict[str, str]) -> bool:
    """Create or update the stack; False where this very code and these parameters are deployed already.

    Raises OpsError where the deployment failed, also where the emulator says that it succeeded.
    """
    cloudformation = client("cloudformation")
    emulator = recognize(cloudformation.meta.endpoint_url)
    template, uploads = package(parameters, emulator)
    body = json.dumps(template).encode()
    digest = digest_bytes(body + json.dumps(parameters, sort_keys=True).encode())
    known = stack_of(cloudformation)
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
