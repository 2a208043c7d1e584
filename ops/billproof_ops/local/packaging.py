"""template.yaml made ready for an emulator: our source in zips, and what the emulator cannot take left out.

What `sam package` does, without the arm64 wheels that a laptop cannot run: third-party packages come from the
interpreter that the emulator runs functions with.
"""

import importlib.util
import io
import json
import marshal
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from samtranslator.metrics.method_decorator import MetricsMethodWrapperSingleton
from samtranslator.translator.transform import transform

from billproof.ids import digest_bytes
from billproof_ops.local.differences import removed_properties, removed_types
from billproof_ops.local.emulators import Emulator
from billproof_ops.paths import ROOT
from billproof_ops.template import read_template

ARTIFACTS = "billproof-local-artifacts"
_EPOCH = (1980, 1, 1, 0, 0, 0)
_MANAGED_POLICIES = (
    "service-role/AWSLambdaBasicExecutionRole",
    "service-role/AWSLambdaSQSQueueExecutionRole",
    "AWSXRayDaemonWriteAccess",
    "AWSXrayWriteOnlyAccess",
)
_ASKED_FOR_EVERYTHING = {"ses:SendRawEmail", "states:SendTaskSuccess"}
"""Actions that MiniStack asks for on every resource."""

Template = dict[str, Any]


class ManagedPolicies:
    """The managed policies that the SAM transform attaches to roles, as it asks for them."""

    def load(self) -> dict[str, str]:
        """Return their ARNs by name."""
        return {path.split("/")[-1]: f"arn:aws:iam::aws:policy/{path}" for path in _MANAGED_POLICIES}


def package(parameters: dict[str, str], emulator: Emulator = Emulator.MINISTACK) -> tuple[Template, dict[str, bytes]]:
    """Return the template with every local path replaced by an uploaded object, and those objects.

    MiniStack passes over MaxConcurrencyPath and ToleratedFailurePercentagePath, and compares a parameter in
    ScalingConfig as text: all get numbers here. No failure stops a map there; the end of the run says what is missing.
    LocalStack takes them as they are, but resolves references before the SAM transform: it gets the expanded template.
    """
    template: Template = read_template()
    uploads: dict[str, bytes] = {}

    def uploaded(data: bytes, ending: str, source: bytes | None = None) -> dict[str, str]:
        key = f"code/{digest_bytes(source or data)[:40]}.{ending}"
        uploads[key] = data
        return {"Bucket": ARTIFACTS, "Key": key}

    def zipped(folder: Path, prefix: str = "") -> dict[str, str]:
        source = _zipped(folder, prefix)
        return uploaded(_with_bytecode(source), "zip", source)

    _remove(template, emulator)
    if emulator is Emulator.MINISTACK:
        template["Resources"] = _fit_policies(template["Resources"])
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        match resource["Type"]:
            case "AWS::Serverless::Function":
                properties["CodeUri"] = zipped(ROOT / properties["CodeUri"])
                if emulator is Emulator.MINISTACK:
                    _number_concurrency(properties, int(parameters["QueueConcurrency"]))
            case "AWS::Serverless::LayerVersion":
                properties["ContentUri"] = zipped(ROOT / properties["ContentUri"], "python/")
            case "AWS::Serverless::StateMachine":
                definition = json.loads((ROOT / properties["DefinitionUri"]).read_text())
                if emulator is Emulator.MINISTACK:
                    _number_maps(definition, int(parameters["BatchConcurrency"]))
                properties["DefinitionUri"] = uploaded(json.dumps(definition).encode(), "json")
    return (expand(template, parameters) if emulator is Emulator.LOCALSTACK else template), uploads


def expand(template: Template, parameters: dict[str, str]) -> Template:
    """Return the template after the SAM transform, as AWS would make it with these parameters."""
    defaults = {name: str(parameter.get("Default", "")) for name, parameter in template["Parameters"].items()}
    expanded: Template = transform(template, {**defaults, **parameters}, ManagedPolicies())
    MetricsMethodWrapperSingleton.get_instance().publish()  # goes nowhere; unpublished, they end in a warning
    return expanded


def as_on_aws(parameters: dict[str, str]) -> Template:
    """Return the whole template as AWS would make it with these parameters, nothing removed for an emulator."""
    template: Template = read_template()
    for resource in template["Resources"].values():
        for name in ("CodeUri", "ContentUri", "DefinitionUri"):
            if name in resource.get("Properties", {}):
                resource["Properties"][name] = {"Bucket": ARTIFACTS, "Key": resource["Properties"][name]}
    return expand(template, parameters)


def declared(parameters: dict[str, str]) -> dict[str, dict[str, Any]]:
    """Return the resources as AWS would make them, with references to parameters replaced by their values."""
    template = as_on_aws(parameters)
    values = {name: str(parameter.get("Default", "")) for name, parameter in template["Parameters"].items()}
    resources: dict[str, dict[str, Any]] = _resolved(template["Resources"], {**values, **parameters})
    return resources


def _resolved(value: Any, parameters: dict[str, str]) -> Any:
    match value:
        case {"Ref": str(name)} if name in parameters:
            return parameters[name]
        case dict():
            return {name: _resolved(part, parameters) for name, part in value.items()}
        case list():
            return [_resolved(part, parameters) for part in value]
    return value


def _remove(template: Template, emulator: Emulator) -> None:
    """Take out what the emulator would refuse: what is listed, and the rule that only HTTPS may come in.

    An emulator speaks plain HTTP; MiniStack with AUTH=true enforces the rule and would refuse every call to the bucket.
    """
    for name, resource in list(template["Resources"].items()):
        if resource["Type"] in removed_types(emulator):
            del template["Resources"][name]
            _name_output(template, name)
        elif removed_properties(emulator, resource["Type"]) & resource.get("Properties", {}).keys():
            del template["Resources"][name]
        elif resource["Type"] == "AWS::S3::BucketPolicy":
            document = resource["Properties"]["PolicyDocument"]
            document["Statement"] = [part for part in document["Statement"] if not _demands_https(part)]
            if not document["Statement"]:
                del template["Resources"][name]


def _name_output(template: Template, removed: str) -> None:
    """Let the outputs that give a removed resource's name give the one under which the API makes it.

    One that needs the resource for more than that is left out.
    """
    for name, output in list(template["Outputs"].items()):
        if output["Value"] == {"Ref": removed}:
            output["Value"] = {"Fn::Sub": f"${{AWS::StackName}}-{removed}"}
        elif f"${{{removed}}}" in str(output["Value"]):
            del template["Outputs"][name]


def _demands_https(statement: dict[str, Any]) -> bool:
    return "aws:SecureTransport" in json.dumps(statement.get("Condition", {}))


def _fit_policies(value: Any) -> Any:
    """Return a part of the template with its policies as MiniStack asks for them, which enforces them with AUTH=true.

    It asks for an action sqs:SendMessageBatch, where AWS asks for sqs:SendMessage; and it knows neither the sender of a
    raw mail nor the state machine behind a task token, where AWS asks for the identity and the state machine.
    """
    match value:
        case {"Effect": effect, "Action": list(actions)} if _ASKED_FOR_EVERYTHING.issuperset(actions):
            return {"Effect": effect, "Action": actions, "Resource": "*"}
        case {"Action": list(actions)} if "sqs:SendMessage" in actions:
            return {**value, "Action": [*actions, "sqs:SendMessageBatch"]}
        case dict():
            return {name: _fit_policies(part) for name, part in value.items()}
        case list():
            return [_fit_policies(part) for part in value]
    return value


def _number_concurrency(properties: dict[str, Any], concurrency: int) -> None:
    for event in properties.get("Events", {}).values():
        if scaling := event["Properties"].get("ScalingConfig"):
            scaling["MaximumConcurrency"] = concurrency


def _number_maps(machine: dict[str, Any], concurrency: int) -> None:
    for state in machine["States"].values():
        if state.pop("MaxConcurrencyPath", None):
            state["MaxConcurrency"] = concurrency
        if state.pop("ToleratedFailurePercentagePath", None):
            state["ToleratedFailurePercentage"] = 100.0


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


def _with_bytecode(source: bytes) -> bytes:
    """Return a zip of source with the bytecode beside every module, as layers for AWS have it.

    Without it each process of a function compiles all of it again. What is deployed is named by its source: the same
    source need not give the same bytecode.
    """
    buffer = io.BytesIO(source)
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as archive:
        for name in archive.namelist():
            if name.endswith(".py"):
                place = importlib.util.cache_from_source(name)
                archive.writestr(zipfile.ZipInfo(place, _EPOCH), _bytecode(name, archive.read(name)))
    return buffer.getvalue()


def _bytecode(name: str, source: bytes) -> bytes:
    """Compile a module for this Python, never to be checked against its source: a zip does not keep times (PEP 552)."""
    never_checked, source_hash = (1).to_bytes(4, "little"), importlib.util.source_hash(source)
    code = compile(source, name, "exec", dont_inherit=True)
    return importlib.util.MAGIC_NUMBER + never_checked + source_hash + marshal.dumps(code)


def _sources(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder, as `sam build` takes them: modules, and whatever they read."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.name.startswith(".") and "__pycache__" not in path.parts:
            yield path
