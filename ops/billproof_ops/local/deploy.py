"""Deploying template.yaml as it is to an emulator: our source in zips, the third-party packages from its interpreter.

What `sam package` does, without the arm64 wheels that a laptop cannot run.
"""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError, WaiterError

from billproof.adapters.aws.clients import client
from billproof.ids import digest_bytes
from billproof_ops.errors import OpsError
from billproof_ops.paths import ROOT
from billproof_ops.template import read_template

STACK = "billproof-local"
ARTIFACTS = "billproof-local-artifacts"
ARCHIVE = "AWS::Events::Archive"
CODE_DIGEST = "billproof:code"
_EPOCH = (1980, 1, 1, 0, 0, 0)
_SOURCES = {".py", ".json", ".typ", ".typed"}


def deploy(parameters: dict[str, str]) -> bool:
    """Create or update the stack; False where this very code and these parameters are deployed already."""
    template, uploads = package(parameters)
    body = json.dumps(template).encode()
    digest = digest_bytes(body + json.dumps(parameters, sort_keys=True).encode())
    cloudformation = client("cloudformation")
    known = _stack(cloudformation)
    if known and {tag["Key"]: tag["Value"] for tag in known.get("Tags", [])}.get(CODE_DIGEST) == digest:
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
            cloudformation.get_waiter("stack_update_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1})
        else:
            cloudformation.create_stack(**arguments)
            cloudformation.get_waiter("stack_create_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1})
    except (ClientError, WaiterError) as error:
        message = f"the deployment failed: {_reason(cloudformation) or error}"
        raise OpsError(message) from None
    return True


def outputs(stack: str = STACK) -> dict[str, str]:
    """Return the outputs of a stack; raises OpsError where it is not there."""
    known = _stack(client("cloudformation"), stack)
    if known is None:
        message = f"there is no stack {stack} at {client('cloudformation').meta.endpoint_url}"
        raise OpsError(message)
    return {output["OutputKey"]: output["OutputValue"] for output in known.get("Outputs", [])}


def package(parameters: dict[str, str]) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return the template with every local path replaced by an uploaded object, and those objects.

    MiniStack ignores MaxConcurrencyPath and ToleratedFailurePercentagePath, and compares a parameter in ScalingConfig
    as text: all get numbers here. No failure stops a map there; the end of the run says what is missing.
    """
    template = _without_archives(read_template())
    uploads: dict[str, bytes] = {}

    def uploaded(data: bytes, ending: str) -> dict[str, str]:
        key = f"code/{digest_bytes(data)[:40]}.{ending}"
        uploads[key] = data
        return {"Bucket": ARTIFACTS, "Key": key}

    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        match resource["Type"]:
            case "AWS::Serverless::Function":
                properties["CodeUri"] = uploaded(_zipped(ROOT / properties["CodeUri"], ""), "zip")
                for event in properties.get("Events", {}).values():
                    if scaling := event["Properties"].get("ScalingConfig"):
                        scaling["MaximumConcurrency"] = int(parameters["QueueConcurrency"])
            case "AWS::Serverless::LayerVersion":
                properties["ContentUri"] = uploaded(_zipped(ROOT / properties["ContentUri"], "python/"), "zip")
            case "AWS::Serverless::StateMachine":
                properties["DefinitionUri"] = uploaded(
                    _definition(ROOT / properties["DefinitionUri"], int(parameters["BatchConcurrency"])), "json"
                )
    return template, uploads


def _without_archives(template: dict[str, Any]) -> dict[str, Any]:
    """Leave out what MiniStack lacks; `ensure_archive` makes it, under the name that the outputs get here."""
    for name in [name for name, each in template["Resources"].items() if each["Type"] == ARCHIVE]:
        del template["Resources"][name]
        for output in template["Outputs"].values():
            if output["Value"] == {"Ref": name}:
                output["Value"] = {"Fn::Sub": f"${{AWS::StackName}}-{name}"}
    return template


def ensure_archive(found: dict[str, str]) -> None:
    """Make the template's archive of the usage bus, if it is not there."""
    template = read_template()
    (archive,) = [each["Properties"] for each in template["Resources"].values() if each["Type"] == ARCHIVE]
    try:
        client("events").create_archive(
            ArchiveName=found["UsageArchiveName"],
            EventSourceArn=found["UsageBusArn"],
            Description=archive["Description"],
            RetentionDays=archive["RetentionDays"],
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceAlreadyExistsException":
            raise


def _definition(path: Path, map_concurrency: int) -> bytes:
    machine = json.loads(path.read_text())
    for state in machine["States"].values():
        if state.pop("MaxConcurrencyPath", None):
            state["MaxConcurrency"] = map_concurrency
        if state.pop("ToleratedFailurePercentagePath", None):
            state["ToleratedFailurePercentage"] = 100.0
    return json.dumps(machine).encode()


def _zipped(folder: Path, prefix: str) -> bytes:
    """Zip our source below a folder; the same source gives the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in _sources(folder):
            entry = zipfile.ZipInfo(prefix + path.relative_to(folder).as_posix(), _EPOCH)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
        archive.writestr(zipfile.ZipInfo(prefix + ".packaged", _EPOCH), b"")
    return buffer.getvalue()


def _sources(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix in _SOURCES and "__pycache__" not in path.parts:
            yield path


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
        found: dict[str, Any] = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":
            return None
        raise
    return None if found["StackStatus"] in {"DELETE_COMPLETE", "ROLLBACK_COMPLETE", "CREATE_FAILED"} else found


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
