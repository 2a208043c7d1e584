"""Where an emulator does less than AWS with what template.yaml declares, and what is done about it.

Three treatments:
    removed       taken out of the template before the deployment, since the emulator would refuse it
    set by API    passed over in silence by the emulator's CloudFormation, and set after the deployment
    unproven      passed over in silence, with nothing to be done: only the tests of the template hold it

tests/infrastructure/test_differences.py holds this list to the template: an entry that matches nothing fails, and so
does a type of the template that an emulator does not know and that is not listed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from billproof_ops.local import settings_by_api as by_api
from billproof_ops.local.emulators import Emulator

ARCHIVE = "AWS::Events::Archive"
BUCKET = "AWS::S3::Bucket"
MACHINE = "AWS::StepFunctions::StateMachine"
TABLE = "AWS::DynamoDB::Table"

Properties = dict[str, Any]
Setter = Callable[[str, Any], None]
"""Sets the declared value of a property on a resource, by its physical id."""


class Treatment(StrEnum):
    """What is done about a difference."""

    REMOVED = "removed"
    SET_BY_API = "set by API"
    UNPROVEN = "unproven"


@dataclass(frozen=True, slots=True)
class Difference:
    """One type, or one property of a type, that an emulator does not take from CloudFormation."""

    emulator: Emulator
    type: str
    property: str | None
    treatment: Treatment
    why: str
    setter: Setter | None = None


_MINISTACK, _LOCALSTACK = Emulator.MINISTACK, Emulator.LOCALSTACK
_SILENT = "its CloudFormation passes over it"

DIFFERENCES = (
    Difference(_MINISTACK, ARCHIVE, None, Treatment.REMOVED, "refused as unknown; made by API in stack.py"),
    Difference(_MINISTACK, TABLE, "TimeToLiveSpecification", Treatment.SET_BY_API, _SILENT, by_api.set_time_to_live),
    Difference(
        _MINISTACK, TABLE, "PointInTimeRecoverySpecification", Treatment.SET_BY_API, _SILENT, by_api.set_recovery
    ),
    Difference(_MINISTACK, TABLE, "SSESpecification", Treatment.UNPROVEN, f"{_SILENT}, and it encrypts nothing"),
    Difference(_MINISTACK, BUCKET, "LifecycleConfiguration", Treatment.SET_BY_API, _SILENT, by_api.set_lifecycle),
    Difference(_MINISTACK, MACHINE, "TracingConfiguration", Treatment.UNPROVEN, _SILENT),
    Difference(_LOCALSTACK, ARCHIVE, None, Treatment.REMOVED, "passed over; made by API in stack.py"),
    Difference(
        _LOCALSTACK, TABLE, "PointInTimeRecoverySpecification", Treatment.SET_BY_API, _SILENT, by_api.set_recovery
    ),
    Difference(_LOCALSTACK, BUCKET, "LifecycleConfiguration", Treatment.SET_BY_API, _SILENT, by_api.set_lifecycle),
    Difference(
        _LOCALSTACK, "AWS::Logs::LogGroup", "RetentionInDays", Treatment.SET_BY_API, _SILENT, by_api.set_retention
    ),
    Difference(
        _LOCALSTACK,
        "AWS::Lambda::Function",
        "EphemeralStorage",
        Treatment.UNPROVEN,
        f"{_SILENT}: functions are processes",
    ),
    Difference(_LOCALSTACK, MACHINE, "TracingConfiguration", Treatment.UNPROVEN, _SILENT),
    Difference(_LOCALSTACK, "AWS::CloudWatch::Dashboard", None, Treatment.UNPROVEN, _SILENT),
)

LOCALSTACK_TYPES = frozenset(
    {
        "AWS::CloudWatch::Alarm",
        "AWS::DynamoDB::Table",
        "AWS::Events::EventBus",
        "AWS::Events::Rule",
        "AWS::IAM::Policy",
        "AWS::IAM::Role",
        "AWS::Lambda::EventInvokeConfig",
        "AWS::Lambda::EventSourceMapping",
        "AWS::Lambda::Function",
        "AWS::Lambda::LayerVersion",
        "AWS::Logs::LogGroup",
        "AWS::S3::Bucket",
        "AWS::S3::BucketPolicy",
        "AWS::SQS::Queue",
        "AWS::SQS::QueuePolicy",
        "AWS::Scheduler::Schedule",
        "AWS::StepFunctions::StateMachine",
    }
)
"""What LocalStack's CloudFormation was seen to make: it says that it made any other type, too."""


def removed_types(emulator: Emulator) -> set[str]:
    """Return the types that are taken out of the template for an emulator."""
    return {
        entry.type
        for entry in DIFFERENCES
        if (entry.emulator, entry.treatment, entry.property) == (emulator, Treatment.REMOVED, None)
    }


def apply_by_api(emulator: Emulator, resources: dict[str, Properties], physical_ids: dict[str, str]) -> int:
    """Set by API what the emulator passed over; return how many settings that were.

    `resources` are those of the expanded template; raises KeyError where one of them was not made.
    """
    settings = [
        (entry.setter, physical_ids[name], resource["Properties"][entry.property])
        for entry in DIFFERENCES
        if entry.emulator is emulator and entry.setter is not None and entry.property is not None
        for name, resource in resources.items()
        if resource["Type"] == entry.type and entry.property in resource.get("Properties", {})
    ]
    for setter, physical_id, value in settings:
        setter(physical_id, value)
    return len(settings)
