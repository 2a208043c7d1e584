"""Rules that the expanded template must keep: every one of them was forgotten by somebody before."""

import json
import re
import shlex
import tomllib
from functools import cache
from typing import Any

import pytest
from typer.main import get_command

from billproof_ops.cli import app
from billproof_ops.dashboard import SOURCE, with_dashboard
from billproof_ops.local.packaging import as_on_aws
from billproof_ops.paths import ROOT, TEMPLATE
from billproof_ops.template import read_template

Resource = dict[str, Any]


@cache
def source() -> dict[str, Any]:
    return read_template()


@cache
def expanded() -> dict[str, Resource]:
    resources: dict[str, Resource] = as_on_aws({})["Resources"]
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
    assert len(functions) == len(list(ROOT.glob("functions/*/app.py")))
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


def text_of(alarm: Resource) -> str:
    table, row, column = alarm["AlarmDescription"]["Fn::FindInMap"]
    return str(source()["Mappings"][table][row][column])


def test_every_alarm_has_a_runbook_that_names_it_and_no_runbook_is_without_an_alarm() -> None:
    alarms = of_type("AWS::CloudWatch::Alarm")
    assert len(alarms) == 29
    linked = set()
    for name, alarm in alarms.items():
        runbook = re.search(r"docs/runbooks/([a-z-]+\.md)$", text_of(alarm))
        assert runbook, name
        linked.add(runbook[1])
        assert f"`{name}`" in (ROOT / runbook[0]).read_text(), f"{runbook[0]} does not name {name}"
    assert {path.name for path in (ROOT / "docs" / "runbooks").glob("*.md")} == linked


COMMAND = re.compile(r"^\s*(billproof [^#\n]*)|`(billproof [^`\n]*)`", re.MULTILINE)


@pytest.mark.parametrize("path", sorted((ROOT / "docs" / "runbooks").glob("*.md")), ids=lambda path: path.stem)
def test_the_commands_of_a_runbook_exist(path: Any) -> None:
    group = get_command(app)
    for found in COMMAND.finditer(path.read_text()):
        words = shlex.split(found[1] or found[2])[1:]
        command: Any = group
        while words and hasattr(command, "commands"):
            verb = words.pop(0)
            for one in verb.split("|"):
                assert one in command.commands, found[0]
            command = command.commands[verb.split("|")[0]]
        assert not hasattr(command, "commands"), f"{found[0]} names no command"
        known = {option for parameter in command.params for option in parameter.opts}
        for word in words:
            if word.startswith("-"):
                assert word in known, found[0]


def alarms_on(metric: str, dimension: str) -> set[str]:
    return {
        logical_id(alarm["Dimensions"][0]["Value"])
        for alarm in of_type("AWS::CloudWatch::Alarm").values()
        if alarm["MetricName"] == metric and alarm["Dimensions"][0]["Name"] == dimension
    }


def test_a_queue_whose_messages_wait_raises_an_alarm() -> None:
    assert alarms_on("ApproximateAgeOfOldestMessage", "QueueName") == set(WORK_QUEUES)


@pytest.mark.parametrize("metric", ["ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted"])
def test_a_workflow_that_does_not_succeed_raises_an_alarm(metric: str) -> None:
    assert alarms_on(metric, "StateMachineArn") == set(of_type("AWS::StepFunctions::StateMachine"))


def test_alarms_notify_the_topic_where_there_is_one() -> None:
    for alarm in of_type("AWS::CloudWatch::Alarm").values():
        assert alarm["AlarmActions"]["Fn::If"][:2] == ["HasAlarmTopic", [{"Ref": "AlarmTopicArn"}]]
        assert alarm["TreatMissingData"] == "notBreaching"


def scheduled() -> set[str]:
    targets = {logical_id(each["Target"]["Arn"]) for each in of_type("AWS::Scheduler::Schedule").values()}
    return targets & set(of_type("AWS::Lambda::Function"))


def test_every_schedule_has_a_dead_letter_queue_and_retries() -> None:
    schedules = of_type("AWS::Scheduler::Schedule")
    assert len(schedules) == 3
    for schedule in schedules.values():
        assert schedule["Target"]["DeadLetterConfig"]
        assert schedule["Target"]["RetryPolicy"]["MaximumRetryAttempts"] >= 1


def test_a_scheduled_function_that_fails_every_time_leaves_its_call_in_a_queue_and_raises_an_alarm() -> None:
    assert scheduled() == {"StartBillingRuns", "RecognizeRevenue"}
    configured = {logical_id(each["FunctionName"]): each for each in of_type("AWS::Lambda::EventInvokeConfig").values()}
    assert set(configured) == scheduled() == alarms_on("Errors", "FunctionName")
    for name, config in configured.items():
        assert config["Qualifier"] == "$LATEST", f"{name}: the schedule calls the function without a qualifier"
        queue = config["DestinationConfig"]["OnFailure"]["Destination"]
        assert logical_id(queue) in DEAD_LETTERS
        sends = [
            statement
            for role, statement in statements()
            if role == f"{name}Role" and as_list(statement["Action"]) == ["sqs:SendMessage"]
        ]
        assert [statement["Resource"] for statement in sends] == [queue]


def test_runs_start_within_the_hour_after_the_cut_off_whatever_the_grace() -> None:
    (schedule,) = [
        each
        for each in of_type("AWS::Scheduler::Schedule").values()
        if logical_id(each["Target"]["Arn"]) == "StartBillingRuns"
    ]
    assert schedule["ScheduleExpression"] == "rate(1 hour)"
    variables = source()["Resources"]["StartBillingRuns"]["Properties"]["Environment"]["Variables"]
    assert variables["CUT_OFF_GRACE_HOURS"] == {"Ref": "CutOffGraceHours"}


NAMES = {
    "AWS::CloudWatch::Alarm": ("AlarmName",),
    "AWS::CloudWatch::Dashboard": ("DashboardName",),
    "AWS::DynamoDB::Table": ("TableName",),
    "AWS::Events::Archive": ("ArchiveName",),
    "AWS::Events::EventBus": ("Name",),
    "AWS::Events::Rule": ("Name",),
    "AWS::IAM::Policy": (),  # PolicyName names it within its role only
    "AWS::IAM::Role": ("RoleName",),
    "AWS::Lambda::EventInvokeConfig": (),
    "AWS::Lambda::EventSourceMapping": (),
    "AWS::Lambda::Function": ("FunctionName",),
    "AWS::Lambda::LayerVersion": ("LayerName",),
    "AWS::Logs::LogGroup": ("LogGroupName",),
    "AWS::S3::Bucket": ("BucketName",),
    "AWS::S3::BucketPolicy": (),
    "AWS::SQS::Queue": ("QueueName",),
    "AWS::SQS::QueuePolicy": (),
    "AWS::Scheduler::Schedule": ("Name", "GroupName"),
    "AWS::StepFunctions::StateMachine": ("StateMachineName",),
}


def test_nothing_is_named_by_hand_so_that_two_stages_never_collide() -> None:
    for name, resource in expanded().items():
        for property_name in NAMES[resource["Type"]]:
            given = resource["Properties"].get(property_name)
            assert given is None or "${AWS::StackName}" in json.dumps(given), (name, given)


def test_everything_that_runs_is_traced() -> None:
    for function in of_type("AWS::Lambda::Function").values():
        assert function["TracingConfig"] == {"Mode": "Active"}
    for machine in of_type("AWS::StepFunctions::StateMachine").values():
        assert machine["TracingConfiguration"] == {"Enabled": True}


def test_what_emulators_leave_out_in_silence_is_in_the_template() -> None:
    table = of_type("AWS::DynamoDB::Table")["IdempotencyTable"]
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expiration", "Enabled": True}
    (bucket,) = of_type("AWS::S3::Bucket").values()
    (rule,) = bucket["LifecycleConfiguration"]["Rules"]
    assert (rule["Status"], rule["AbortIncompleteMultipartUpload"]) == ("Enabled", {"DaysAfterInitiation": 7})
    (archive,) = of_type("AWS::Events::Archive").values()
    assert archive["RetentionDays"] == 400
    for log in of_type("AWS::Logs::LogGroup").values():
        assert log["RetentionInDays"] == {"Ref": "LogRetentionDays"}
    for mapping in of_type("AWS::Lambda::EventSourceMapping").values():
        assert mapping["ScalingConfig"] == {"MaximumConcurrency": {"Ref": "QueueConcurrency"}}
    for function in of_type("AWS::Lambda::Function").values():
        assert len(json.dumps(function["Environment"])) < 4_096, "Lambda's quota of an environment"
        assert not any(name.startswith("AWS_") for name in function["Environment"]["Variables"])


def test_a_map_may_be_redriven_and_an_answer_reaches_whoever_waits() -> None:
    (policy,) = [each for name, each in of_type("AWS::IAM::Policy").items() if name == "BillingRunMapPolicy"]
    assert "states:RedriveExecution" in json.dumps(policy)
    for role in ("AwaitDecisionRole", "DecideExceptionRole"):
        (answers,) = [
            statement
            for name, statement in statements()
            if name == role and "states:SendTaskSuccess" in statement["Action"]
        ]
        said = json.dumps(answers["Resource"])
        assert [machine in said for machine in ("BillingRun*", "InvoiceException*")] == [True, True]


def refusals(parameters: dict[str, str]) -> list[str]:
    """Return what the template's rules say to some parameters, as CloudFormation asks them before it does anything."""
    values = {name: str(each["Default"]) for name, each in source()["Parameters"].items()} | parameters

    def holds(part: Any) -> Any:
        if not isinstance(part, dict):
            return part
        ((operator, operands),) = part.items()
        match operator:
            case "Ref":
                return values[operands]
            case "Fn::Equals":
                return holds(operands[0]) == holds(operands[1])
            case "Fn::Not":
                return not holds(operands[0])
        pytest.fail(f"a rule may not use {operator}")

    return [
        assertion["AssertDescription"]
        for rule in source()["Rules"].values()
        if holds(rule["RuleCondition"])
        for assertion in rule["Assertions"]
        if not holds(assertion["Assert"])
    ]


TOPIC = {"AlarmTopicArn": "arn:aws:sns:eu-central-1:123456789012:alarms"}
SENDER = {"SenderAddress": "billing@skymeter.example"}


@pytest.mark.parametrize(
    ("parameters", "refused"),
    [
        ({"Stage": "dev"}, []),
        ({"Stage": "prod"}, ["AlarmTopicArn", "SenderAddress"]),
        ({"Stage": "prod", **TOPIC}, ["SenderAddress"]),
        ({"Stage": "prod", **SENDER}, ["AlarmTopicArn"]),
        ({"Stage": "prod", **TOPIC, **SENDER}, []),
    ],
)
def test_production_is_refused_without_an_alarm_topic_and_a_sender(
    parameters: dict[str, str], refused: list[str]
) -> None:
    said = refusals(parameters)
    assert len(said) == len(refused)
    assert all(name in text for name, text in zip(refused, said, strict=True))


def test_sam_needs_no_option_that_samconfig_does_not_give() -> None:
    config = tomllib.loads((ROOT / "samconfig.toml").read_text())
    for stage in ("default", "prod"):
        assert config[stage]["global"]["parameters"]["language_extensions"] is True
        assert {"CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"} == set(
            config[stage]["deploy"]["parameters"]["capabilities"].split()
        )
    given = dict(pair.split("=") for pair in config["prod"]["deploy"]["parameters"]["parameter_overrides"].split())
    assert refusals(given) == refusals({"Stage": "prod"})


def test_the_dashboard_is_that_of_its_file_with_the_rows_of_money_first() -> None:
    assert with_dashboard(TEMPLATE.read_text()) == TEMPLATE.read_text(), "run make dashboard"
    widgets = json.loads(of_type("AWS::CloudWatch::Dashboard")["Dashboard"]["DashboardBody"]["Fn::Sub"])["widgets"]
    assert widgets == json.loads(SOURCE.read_text())["widgets"]
    by_row: dict[int, set[str]] = {}
    for widget in widgets:
        by_row.setdefault(widget["y"], set()).update(metric[0] for metric in widget["properties"]["metrics"])
    assert next(iter(by_row.values())) == {"Billproof"}
    assert list(by_row) == sorted(by_row)


def test_the_dashboard_shows_what_there_is() -> None:
    metrics = [
        metric for widget in json.loads(SOURCE.read_text())["widgets"] for metric in widget["properties"]["metrics"]
    ]
    counted = set(
        re.findall(r'count\(\s*"(\w+)"', "".join(path.read_text() for path in ROOT.glob("functions/*/app.py")))
    )
    assert {metric[1] for metric in metrics if metric[0] == "Billproof"} == counted
    shown = {name for metric in metrics for name in re.findall(r"\$\{(\w+)", metric[3])}
    assert shown == {
        *of_type("AWS::Lambda::Function"),
        *of_type("AWS::SQS::Queue"),
        *of_type("AWS::StepFunctions::StateMachine"),
    }


def test_the_parameters_are_those_that_people_set() -> None:
    assert {"Stage", "AlarmTopicArn", "LogRetentionDays"} <= source()["Parameters"].keys()
    assert all("Description" in parameter for parameter in source()["Parameters"].values())


@pytest.mark.parametrize("path", sorted(ROOT.glob("functions/*/app.py")), ids=lambda path: path.parent.name)
def test_a_function_is_thin_and_imports_only_libraries_and_billproof(path: Any) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= 60
    modules = re.findall(r"^(?:from|import) ([a-z_]+)", text, re.MULTILINE)
    assert set(modules) <= {"billproof", "aws_lambda_powertools", "pydantic", "datetime", "typing"}
