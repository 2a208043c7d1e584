"""IAM permissions, from both sides: what a call of an AWS API needs, and what a role of the expanded template grants.

A permission is an action and the resource that it is for, written with the template's logical ids:
`DataBucket/runs/`, `ContractsTable`, `ErpPostingsQueue`, `BillingRun`, `BillingRun executions`, `identity`.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from billproof_ops.paths import ROOT
from tests.support.expanded import as_list, role_statements

BUCKET = "DataBucket"
BUCKETS = {"databucket": BUCKET, "auditbucket": "AuditBucket"}
"""The logical ids of the buckets that are called with these names."""
EXECUTIONS = "executions"
IDENTITY = "identity"
_S3 = {"GetObject": "s3:GetObject", "HeadObject": "s3:GetObject", "PutObject": "s3:PutObject"}
_TRANSACTION = {
    "Put": "dynamodb:PutItem",
    "Update": "dynamodb:UpdateItem",
    "Delete": "dynamodb:DeleteItem",
    "ConditionCheck": "dynamodb:ConditionCheckItem",
}


@dataclass(frozen=True, slots=True, order=True)
class Permission:
    """An action on a resource, and what the condition keys limit it to."""

    action: str
    resource: str
    only_with: str = ""


def needed(service: str, operation: str, params: dict[str, Any]) -> Iterator[Permission]:
    """Yield what one call needs, by the names of resources that the call carries."""
    match service, operation:
        case "s3", "ListObjectsV2":
            yield Permission("s3:ListBucket", BUCKETS[params["Bucket"]], only_with=_top(params["Prefix"]))
        case "s3", _:
            place = f"{BUCKETS[params['Bucket']]}/{_top(params['Key'])}"
            yield Permission(f"{_S3[operation]}{'Version' if 'VersionId' in params else ''}", place)
            if "ObjectLockMode" in params:
                yield Permission("s3:PutObjectRetention", place)
        case "dynamodb", "TransactWriteItems":
            for item in params["TransactItems"]:
                ((kind, write),) = item.items()
                yield Permission(_TRANSACTION[kind], write["TableName"], only_with=_kind_of(write.get("Item")))
        case "dynamodb", _:
            yield Permission(f"dynamodb:{operation}", params["TableName"], only_with=_kind_of(params.get("Item")))
        case "eventbridge" | "events", "PutEvents":
            yield from (Permission("events:PutEvents", entry["EventBusName"]) for entry in params["Entries"])
        case "lambda", ("GetEventSourceMapping" | "UpdateEventSourceMapping"):
            yield Permission(f"lambda:{operation}", params["UUID"].rstrip("-"))
        case "stepfunctions", "SendTaskSuccess":  # a token does not say whose it is
            yield from (Permission("states:SendTaskSuccess", machine) for machine in machines_that_wait())
        case _:
            yield _service_call(service, operation, params)


def _service_call(service: str, operation: str, params: dict[str, Any]) -> Permission:
    match service, operation:
        case "sqs", _:
            return _on_queue(operation, params["QueueUrl"].rsplit("/", 1)[-1])
        case "stepfunctions", "StartExecution":
            return Permission("states:StartExecution", params["stateMachineArn"].rsplit(":", 1)[-1])
        case "stepfunctions", "DescribeExecution":
            return Permission("states:DescribeExecution", f"{params['executionArn'].split(':')[-2]} {EXECUTIONS}")
        case "logs", "FilterLogEvents":
            return Permission("logs:FilterLogEvents", params["logGroupName"])
        case "ses", "SendRawEmail":
            return Permission("ses:SendRawEmail", IDENTITY, only_with="SenderAddress")
        case "secretsmanager", "GetSecretValue":
            return Permission("secretsmanager:GetSecretValue", params["SecretId"])
    message = f"nobody said which permission {service} {operation} needs"
    raise AssertionError(message)


def _on_queue(operation: str, name: str) -> Permission:
    if (name.endswith("DeadLetters") and operation != "SendMessageBatch") or operation == "GetQueueAttributes":
        return Permission(f"sqs:{operation}", name)
    if operation == "ChangeMessageVisibility":  # sample events call queues contract-events, say
        return Permission("sqs:ChangeMessageVisibility", f"{name.title().replace('-', '')}Queue")
    assert operation in {"SendMessage", "SendMessageBatch"}, operation
    return Permission("sqs:SendMessage", name)


@cache
def machines_that_wait() -> list[str]:
    """Return the logical ids of the state machines that wait under a task token."""
    return [
        "".join(part.capitalize() for part in path.name.partition(".")[0].split("_"))
        for path in sorted((ROOT / "statemachines").glob("*.asl.json"))
        if ".waitForTaskToken" in path.read_text()
    ]


def granted(statements: Iterable[dict[str, Any]]) -> Iterator[Permission]:
    """Yield what the statements of a role allow."""
    for statement in statements:
        assert statement["Effect"] == "Allow", statement
        for action in as_list(statement["Action"]):
            for resource in as_list(statement["Resource"]):
                for only_with in _limits(statement.get("Condition", {})):
                    yield Permission(action, named(resource), only_with=only_with)


def _limits(condition: dict[str, Any]) -> list[str]:
    if not condition:
        return [""]
    ((_, keys),) = condition.items()
    ((_, values),) = keys.items()
    return [value["Ref"] if isinstance(value, dict) else value.removesuffix("*") for value in as_list(values)]


def named(resource: Any) -> str:
    """Name a resource of a statement by its logical id."""
    match resource:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), "Arn" | "Id"]}:
            return name
        case {"Fn::If": [_, own, _]}:
            return named(own)
        case {"Fn::Sub": str(text)} if re.match(r"\$\{\w+Bucket\.Arn\}/", text):
            bucket, _, prefix = text.partition("/")
            return f"{bucket[2 : -len('.Arn}')]}/{prefix.removesuffix('*')}"
        case {"Fn::Sub": str(text)} if ":execution:" in text:
            return f"{text.rsplit('${', 1)[1].partition('.')[0]} {EXECUTIONS}"
        case {"Fn::Sub": str(text)} if ":stateMachine:" in text or ":event-source-mapping:" in text:
            return text.rsplit(":", 1)[1].removesuffix("*").removeprefix("${").removesuffix("}")
        case {"Fn::Sub": str(text)}:
            assert text.endswith(":identity/*"), resource
            return IDENTITY
    message = f"nobody said what {resource} is"
    raise AssertionError(message)


def _kind_of(item: dict[str, Any] | None) -> str:
    """Return what the partition of an item that is written begins with: a role may be limited to such."""
    partition = item.get("partition", {}).get("S", "") if item else ""
    return f"{partition.partition('#')[0]}#" if "#" in partition else ""


def as_limited(needs: Iterable[Permission], function: str) -> set[Permission]:
    """Return what a function needs of tables, with the kinds of partitions where its role is limited to some."""
    grants = allowed(function)
    limited = {(grant.action, grant.resource) for grant in grants if grant.only_with.endswith("#")}
    return {
        replace(need, only_with="")
        if need.only_with.endswith("#") and (need.action, need.resource) not in limited
        else need
        for need in needs
    }


def _top(key: str) -> str:
    return f"{key.partition('/')[0]}/"


def allowed(function: str) -> set[Permission]:
    """Return what the role of a function allows."""
    return set(granted(role_statements(function)))
