"""Where an emulator does less than AWS with what template.yaml declares, and what is done about it.

Three ways to handle it:
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

ALARM = "AWS::CloudWatch::Alarm"
ARCHIVE = "AWS::Events::Archive"
BUCKET = "AWS::S3::Bucket"
MACHINE = "AWS::StepFunctions::StateMachine"
STAGE = "AWS::ApiGatewayV2::Stage"
TABLE = "AWS::DynamoDB::Table"

Properties = dict[str, Any]
Setter = Callable[[str, Any], None]
"""Sets the declared value of a property on a resource, by its physical id."""


class GapHandling(StrEnum):
    """What is done about a difference."""

    REMOVED = "removed"
    SET_BY_API = "set by API"
    UNPROVEN = "unproven"


@dataclass(frozen=True, slots=True)
class EmulatorGap:
    """One type, or one property of a type, that an emulator does not take from CloudFormation."""

    emulator: Emulator
    type: str
    property: str | None
    handling: GapHandling
    why: str
    setter: Setter | None = None


_MINISTACK, _LOCALSTACK = Emulator.MINISTACK, Emulator.LOCALSTACK
_SILENT = "its CloudFormation passes over it"

DIFFERENCES = (
    EmulatorGap(_MINISTACK, ALARM, "Metrics", GapHandling.REMOVED, "refuses alarms on a sum of metrics"),
    EmulatorGap(_MINISTACK, ARCHIVE, None, GapHandling.REMOVED, "refused as unknown; made by API in stack.py"),
    EmulatorGap(_MINISTACK, TABLE, "TimeToLiveSpecification", GapHandling.SET_BY_API, _SILENT, by_api.set_time_to_live),
    EmulatorGap(
        _MINISTACK, TABLE, "PointInTimeRecoverySpecification", GapHandling.SET_BY_API, _SILENT, by_api.set_recovery
    ),
    EmulatorGap(_MINISTACK, TABLE, "SSESpecification", GapHandling.UNPROVEN, f"{_SILENT}, and it encrypts nothing"),
    EmulatorGap(_MINISTACK, BUCKET, "LifecycleConfiguration", GapHandling.SET_BY_API, _SILENT, by_api.set_lifecycle),
    EmulatorGap(_MINISTACK, BUCKET, "ObjectLockEnabled", GapHandling.SET_BY_API, _SILENT, by_api.set_object_lock),
    EmulatorGap(_MINISTACK, MACHINE, "TracingConfiguration", GapHandling.UNPROVEN, _SILENT),
    EmulatorGap(_MINISTACK, STAGE, "DefaultRouteSettings", GapHandling.UNPROVEN, "it never answers 429"),
    EmulatorGap(_MINISTACK, STAGE, "AccessLogSettings", GapHandling.UNPROVEN, "it writes no access log"),
    *(
        EmulatorGap(_LOCALSTACK, kind, None, GapHandling.REMOVED, "it has no HTTP API: functions are called directly")
        for kind in (
            "AWS::ApiGatewayV2::Api",
            STAGE,
            "AWS::ApiGatewayV2::Authorizer",
            "AWS::ApiGatewayV2::Integration",
            "AWS::ApiGatewayV2::Route",
            "AWS::Lambda::Permission",
            "AWS::Lambda::Url",
        )
    ),
    EmulatorGap(_LOCALSTACK, ARCHIVE, None, GapHandling.REMOVED, "passed over; made by API in stack.py"),
    EmulatorGap(
        _LOCALSTACK, TABLE, "PointInTimeRecoverySpecification", GapHandling.SET_BY_API, _SILENT, by_api.set_recovery
    ),
    EmulatorGap(_LOCALSTACK, BUCKET, "LifecycleConfiguration", GapHandling.SET_BY_API, _SILENT, by_api.set_lifecycle),
    EmulatorGap(
        _LOCALSTACK, "AWS::Logs::LogGroup", "RetentionInDays", GapHandling.SET_BY_API, _SILENT, by_api.set_retention
    ),
    EmulatorGap(
        _LOCALSTACK,
        "AWS::Lambda::Function",
        "EphemeralStorage",
        GapHandling.UNPROVEN,
        f"{_SILENT}: functions are processes",
    ),
    EmulatorGap(_LOCALSTACK, MACHINE, "TracingConfiguration", GapHandling.UNPROVEN, _SILENT),
    *(
        EmulatorGap(
            _LOCALSTACK, kind, None, GapHandling.REMOVED, "it has no Glue and no Athena: DuckDB reads the objects"
        )
        for kind in ("AWS::Glue::Database", "AWS::Glue::Table")
    ),
    *(
        EmulatorGap(_LOCALSTACK, f"AWS::Cognito::{kind}", None, GapHandling.REMOVED, "it has no Cognito")
        for kind in ("UserPool", "UserPoolDomain", "UserPoolResourceServer", "UserPoolClient")
    ),
    EmulatorGap(_LOCALSTACK, "AWS::CloudWatch::Dashboard", None, GapHandling.UNPROVEN, _SILENT),
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
        "AWS::SecretsManager::Secret",
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
        if (entry.emulator, entry.handling, entry.property) == (emulator, GapHandling.REMOVED, None)
    }


def removed_properties(emulator: Emulator, type_name: str) -> set[str]:
    """Return the properties of a type whose resources are taken out of the template for an emulator."""
    return {
        entry.property
        for entry in DIFFERENCES
        if (entry.emulator, entry.handling, entry.type) == (emulator, GapHandling.REMOVED, type_name) and entry.property
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
