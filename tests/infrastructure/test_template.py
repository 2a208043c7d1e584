"""Rules that the expanded template must keep: every one of them was forgotten by somebody before."""

import json
import re
from functools import cache
from typing import Any

import pytest
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

from billproof_ops.local.deploy import package
from billproof_ops.local.stack import PARAMETERS
from billproof_ops.paths import ROOT, TEMPLATE

Resource = dict[str, Any]


class ManagedPolicies:
    def load(self) -> dict[str, str]:
        return {
            "AWSLambdaBasicExecutionRole": "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
            "AWSLambdaSQSQueueExecutionRole": "arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole",
        }


@cache
def source() -> dict[str, Any]:
    template: dict[str, Any] = yaml_parse(TEMPLATE.read_text())
    return template


@cache
def expanded() -> dict[str, Resource]:
    template, _ = package(PARAMETERS)
    defaults = {name: str(each["Default"]) for name, each in template["Parameters"].items()}
    result = transform(template, defaults, ManagedPolicies())
    resources: dict[str, Resource] = result["Resources"]
    return resources


def of_type(kind: str) -> dict[str, Resource]:
    return {name: each["Properties"] for name, each in expanded().items() if each["Type"] == kind}


def statements() -> list[tuple[str, Resource]]:
    found = []
    for name, role in of_type("AWS::IAM::Role").items():
        for policy in role.get("Policies", []):
            document = policy.get("PolicyDocument", {})
            if "Fn::If" in policy:
                document = policy["Fn::If"][1]["PolicyDocument"]
            found += [(name, statement) for statement in document["Statement"]]
    for name, policy in of_type("AWS::IAM::Policy").items():
        found += [(name, statement) for statement in policy["PolicyDocument"]["Statement"]]
    return found


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def logical_id(value: Any) -> str:
    return str(value["Fn::GetAtt"][0] if "Fn::GetAtt" in value else value["Ref"])


WORK_QUEUES = [name for name, queue in of_type("AWS::SQS::Queue").items() if "RedrivePolicy" in queue]
DEAD_LETTERS = [name for name in of_type("AWS::SQS::Queue") if name.endswith("DeadLetters")]


def test_there_are_queues_to_look_at() -> None:
    work = ("ContractEvents", "Deliveries", "DeliveryEvents", "ErpPostings", "UsageEvents")
    assert sorted(WORK_QUEUES) == [f"{name}Queue" for name in work]
    assert len(of_type("AWS::SQS::Queue")) == len(WORK_QUEUES) + len(DEAD_LETTERS)


@pytest.mark.parametrize("name", WORK_QUEUES)
def test_a_queue_gives_up_a_message_only_after_five_tries_and_keeps_it(name: str) -> None:
    queue = of_type("AWS::SQS::Queue")[name]
    assert queue["RedrivePolicy"]["maxReceiveCount"] >= 5
    dead = of_type("AWS::SQS::Queue")[logical_id(queue["RedrivePolicy"]["deadLetterTargetArn"])]
    assert dead["MessageRetentionPeriod"] == 14 * 86_400
    assert queue["SqsManagedSseEnabled"]


@pytest.mark.parametrize("name", DEAD_LETTERS)
def test_every_dead_letter_queue_has_an_alarm(name: str) -> None:
    watched = [
        logical_id(dimension["Value"])
        for alarm in of_type("AWS::CloudWatch::Alarm").values()
        for dimension in alarm["Dimensions"]
        if dimension["Name"] == "QueueName"
    ]
    assert name in watched


def test_messages_stay_invisible_for_six_times_as_long_as_a_call_may_take() -> None:
    mappings = of_type("AWS::Lambda::EventSourceMapping")
    assert len(mappings) == len(WORK_QUEUES)
    for mapping in mappings.values():
        queue = of_type("AWS::SQS::Queue")[logical_id(mapping["EventSourceArn"])]
        function = of_type("AWS::Lambda::Function")[logical_id(mapping["FunctionName"])]
        window = mapping.get("MaximumBatchingWindowInSeconds", 0)
        assert queue["VisibilityTimeout"] >= 6 * function["Timeout"] + window - 2
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_every_function_has_a_role_and_a_log_of_its_own() -> None:
    functions = of_type("AWS::Lambda::Function")
    assert len(functions) == len(list(ROOT.glob("functions/*/app.py"))) == 22
    assert len({json.dumps(function["Role"]) for function in functions.values()}) == len(functions)
    logs = of_type("AWS::Logs::LogGroup")
    assert {function["LoggingConfig"]["LogGroup"]["Ref"] for function in functions.values()} == set(logs)
    assert all("RetentionInDays" in log for log in logs.values())


def test_functions_are_those_of_the_house() -> None:
    for function in of_type("AWS::Lambda::Function").values():
        assert (function["Runtime"], function["Architectures"], function["Handler"]) == (
            "python3.13",
            ["arm64"],
            "app.handler",
        )


def test_no_action_and_no_resource_is_a_star() -> None:
    found = statements()
    assert len(found) > 30
    for name, statement in found:
        if name.endswith("BucketPolicy"):
            continue
        for action in as_list(statement["Action"]):
            assert "*" not in action, (name, action)
        for resource in as_list(statement["Resource"]):
            assert resource != "*", name


def test_no_function_may_change_or_delete_a_fact() -> None:
    for name, statement in statements():
        resources = json.dumps(statement["Resource"])
        if "IdempotencyTable" in resources:
            continue
        for action in as_list(statement["Action"]):
            assert action not in {"dynamodb:UpdateItem", "dynamodb:DeleteItem", "s3:DeleteObject"}, (name, action)


def test_data_is_encrypted_versioned_kept_and_only_reached_over_tls() -> None:
    for name, bucket in of_type("AWS::S3::Bucket").items():
        assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
        assert bucket["BucketEncryption"]
        assert all(bucket["PublicAccessBlockConfiguration"].values())
        policies = [p for p in of_type("AWS::S3::BucketPolicy").values() if p["Bucket"] == {"Ref": name}]
        assert "aws:SecureTransport" in json.dumps(policies)
    for table in of_type("AWS::DynamoDB::Table").values():
        assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"]
        assert table["SSESpecification"]["SSEEnabled"]
    for name, resource in expanded().items():
        if resource["Type"] in {"AWS::S3::Bucket", "AWS::DynamoDB::Table"}:
            assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain", "Retain"), name


def test_every_alarm_has_a_runbook() -> None:
    alarms = of_type("AWS::CloudWatch::Alarm")
    assert len(alarms) >= 11
    for name, alarm in alarms.items():
        found = re.search(r"docs/runbooks/[a-z-]+\.md", alarm["AlarmDescription"])
        assert found, name
        assert (ROOT / found[0]).exists(), found[0]
    runbooks = {path.name for path in (ROOT / "docs" / "runbooks").glob("*.md")}
    assert len(runbooks) == len(alarms)


def test_every_schedule_has_a_dead_letter_queue_and_retries() -> None:
    schedules = of_type("AWS::Scheduler::Schedule")
    assert len(schedules) == 3
    for schedule in schedules.values():
        assert schedule["Target"]["DeadLetterConfig"]
        assert schedule["Target"]["RetryPolicy"]["MaximumRetryAttempts"] >= 1


def test_nothing_is_named_by_hand() -> None:
    names = {"AWS::SQS::Queue": "QueueName", "AWS::DynamoDB::Table": "TableName", "AWS::S3::Bucket": "BucketName"}
    for kind, name in {**names, "AWS::Lambda::Function": "FunctionName"}.items():
        assert all(name not in each for each in of_type(kind).values())


def test_the_parameters_are_those_that_people_set() -> None:
    assert {"Stage", "AlarmTopicArn", "LogRetentionDays"} <= source()["Parameters"].keys()
    assert all("Description" in parameter for parameter in source()["Parameters"].values())


@pytest.mark.parametrize("path", sorted(ROOT.glob("functions/*/app.py")), ids=lambda path: path.parent.name)
def test_a_function_is_thin_and_imports_only_libraries_and_billproof(path: Any) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= 60
    modules = re.findall(r"^(?:from|import) ([a-z_]+)", text, re.MULTILINE)
    assert set(modules) <= {"billproof", "aws_lambda_powertools", "pydantic", "datetime", "typing"}
