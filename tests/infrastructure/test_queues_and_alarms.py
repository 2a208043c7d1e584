"""Every queue, workflow and schedule that can fail raises an alarm, and every alarm has a runbook."""

import re

import pytest

from billproof_ops.paths import ROOT
from tests.support.expanded import Resource, as_list, of_type, referenced, source, statements

WORK_QUEUES = [name for name, queue in of_type("AWS::SQS::Queue").items() if "RedrivePolicy" in queue]


DEAD_LETTERS = [name for name in of_type("AWS::SQS::Queue") if name.endswith("DeadLetters")]


def test_there_are_queues_to_look_at() -> None:
    work = (
        "BankStatements",
        "ContractEvents",
        "CrmEvents",
        "Deliveries",
        "DeliveryEvents",
        "Einvoices",
        "ErpPostings",
        "PaymentEvents",
        "UsageEvents",
        "WebhookDeliveries",
    )
    assert sorted(WORK_QUEUES) == [f"{name}Queue" for name in work]
    assert len(of_type("AWS::SQS::Queue")) == len(WORK_QUEUES) + len(DEAD_LETTERS)


@pytest.mark.parametrize("name", WORK_QUEUES)
def test_a_queue_gives_up_a_message_only_after_five_tries_and_keeps_it(name: str) -> None:
    queue = of_type("AWS::SQS::Queue")[name]
    assert queue["RedrivePolicy"]["maxReceiveCount"] >= 5
    dead = of_type("AWS::SQS::Queue")[referenced(queue["RedrivePolicy"]["deadLetterTargetArn"])]
    assert dead["MessageRetentionPeriod"] == 14 * 86_400
    assert queue["SqsManagedSseEnabled"]


@pytest.mark.parametrize("name", DEAD_LETTERS)
def test_every_dead_letter_queue_has_an_alarm(name: str) -> None:
    watched = [
        referenced(dimension["Value"])
        for alarm in of_type("AWS::CloudWatch::Alarm").values()
        for dimension in alarm.get("Dimensions", [])
        if dimension["Name"] == "QueueName"
    ]
    assert name in watched


def test_messages_stay_invisible_for_six_times_as_long_as_a_call_may_take() -> None:
    mappings = of_type("AWS::Lambda::EventSourceMapping")
    assert len(mappings) == len(WORK_QUEUES)
    for mapping in mappings.values():
        queue = of_type("AWS::SQS::Queue")[referenced(mapping["EventSourceArn"])]
        function = of_type("AWS::Lambda::Function")[referenced(mapping["FunctionName"])]
        window = mapping.get("MaximumBatchingWindowInSeconds", 0)
        assert queue["VisibilityTimeout"] >= 6 * function["Timeout"] + window - 2
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def text_of(alarm: Resource) -> str:
    table, row, column = alarm["AlarmDescription"]["Fn::FindInMap"]
    return str(source()["Mappings"][table][row][column])


def test_every_alarm_has_a_runbook_that_names_it_and_no_runbook_is_without_an_alarm() -> None:
    alarms = of_type("AWS::CloudWatch::Alarm")
    assert len(alarms) == 55
    linked = set()
    for name, alarm in alarms.items():
        runbook = re.search(r"docs/runbooks/([a-z-]+\.md)$", text_of(alarm))
        assert runbook, name
        linked.add(runbook[1])
        assert f"`{name}`" in (ROOT / runbook[0]).read_text(), f"{runbook[0]} does not name {name}"
    assert {path.name for path in (ROOT / "docs" / "runbooks").glob("*.md")} == linked


def alarms_on(metric: str, dimension: str) -> set[str]:
    """What alarms watch by a metric, alone or in a sum."""
    watched = [
        measured
        for alarm in of_type("AWS::CloudWatch::Alarm").values()
        for measured in (
            [part["MetricStat"]["Metric"] for part in alarm["Metrics"] if "MetricStat" in part]
            if "Metrics" in alarm
            else [alarm]
        )
    ]
    return {
        referenced(measured["Dimensions"][0]["Value"])
        for measured in watched
        if measured["MetricName"] == metric and measured["Dimensions"][0]["Name"] == dimension
    }


def test_a_queue_whose_messages_wait_raises_an_alarm() -> None:
    assert alarms_on("ApproximateAgeOfOldestMessage", "QueueName") == set(WORK_QUEUES)


@pytest.mark.parametrize("metric", ["ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted"])
def test_a_workflow_that_does_not_succeed_raises_an_alarm(metric: str) -> None:
    assert alarms_on(metric, "StateMachineArn") == set(of_type("AWS::StepFunctions::StateMachine"))


def test_an_alarm_on_a_sum_counts_each_of_its_metrics() -> None:
    """0 where CloudWatch has none of a metric, so that one kind of end alone raises it."""
    for alarm in of_type("AWS::CloudWatch::Alarm").values():
        if "Metrics" in alarm and "ThresholdMetricId" not in alarm:
            (whole,) = [part for part in alarm["Metrics"] if "Expression" in part]
            parts = [part["Id"] for part in alarm["Metrics"] if "MetricStat" in part]
            assert whole["Expression"] == " + ".join(f"FILL({name}, 0)" for name in parts)
            assert not any(part["ReturnData"] for part in alarm["Metrics"] if part is not whole)


def test_an_alarm_on_what_is_usual_compares_one_metric_with_its_band() -> None:
    on_bands = {
        name: alarm for name, alarm in of_type("AWS::CloudWatch::Alarm").items() if "ThresholdMetricId" in alarm
    }
    assert set(on_bands) == {"UsageMissingAlarm", "DailyCostAlarm"}
    for name, alarm in on_bands.items():
        band = next(part for part in alarm["Metrics"] if part["Id"] == alarm["ThresholdMetricId"])
        (watched,) = [part["Id"] for part in alarm["Metrics"] if part["ReturnData"] and part is not band]
        assert re.fullmatch(rf"ANOMALY_DETECTION_BAND\({watched}, [1-9]\)", band["Expression"]), name
        assert alarm["ComparisonOperator"] in {"LessThanLowerThreshold", "GreaterThanUpperThreshold"}


def test_alarms_notify_the_topic_where_there_is_one() -> None:
    for alarm in of_type("AWS::CloudWatch::Alarm").values():
        assert alarm["AlarmActions"]["Fn::If"][:2] == ["HasAlarmTopic", [{"Ref": "AlarmTopicArn"}]]
        assert alarm["TreatMissingData"] == "notBreaching"


def scheduled() -> set[str]:
    targets = {referenced(each["Target"]["Arn"]) for each in of_type("AWS::Scheduler::Schedule").values()}
    return targets & set(of_type("AWS::Lambda::Function"))


def test_every_schedule_has_a_dead_letter_queue_and_retries() -> None:
    schedules = of_type("AWS::Scheduler::Schedule")
    assert len(schedules) == 11
    for schedule in schedules.values():
        assert schedule["Target"]["DeadLetterConfig"]
        assert schedule["Target"]["RetryPolicy"]["MaximumRetryAttempts"] >= 1


def test_a_scheduled_function_that_fails_every_time_leaves_its_call_in_a_queue_and_raises_an_alarm() -> None:
    assert scheduled() == {
        "StartBillingRuns",
        "RecognizeRevenue",
        "RemindCustomers",
        "ChargeCustomers",
        "PayRefunds",
        "AnchorAudit",
        "PublishEvents",
        "PublishMetrics",
        "WatchAdapters",
    }
    configured = {referenced(each["FunctionName"]): each for each in of_type("AWS::Lambda::EventInvokeConfig").values()}
    assert set(configured) == scheduled() == alarms_on("Errors", "FunctionName")
    for name, config in configured.items():
        assert config["Qualifier"] == "$LATEST", f"{name}: the schedule calls the function without a qualifier"
        queue = config["DestinationConfig"]["OnFailure"]["Destination"]
        assert referenced(queue) in DEAD_LETTERS
        sends = [
            statement
            for role, statement in statements()
            if role == f"{name}Role" and as_list(statement["Action"]) == ["sqs:SendMessage"]
        ]
        assert queue in [statement["Resource"] for statement in sends]


def test_runs_start_within_the_hour_after_the_cut_off_whatever_the_grace() -> None:
    (schedule,) = [
        each
        for each in of_type("AWS::Scheduler::Schedule").values()
        if referenced(each["Target"]["Arn"]) == "StartBillingRuns"
    ]
    assert schedule["ScheduleExpression"] == "rate(1 hour)"
    variables = source()["Resources"]["StartBillingRuns"]["Properties"]["Environment"]["Variables"]
    assert variables["CUT_OFF_GRACE_HOURS"] == {"Ref": "CutOffGraceHours"}


def test_the_page_of_integrations_has_a_row_for_every_queue_with_its_alarm() -> None:
    page = (ROOT / "docs" / "integrations.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| [^|]+ \| `([a-z-]+)` \| `(\w+)` \|", page, re.MULTILINE)
    works = [name.removesuffix("Queue") for name in WORK_QUEUES]
    expected = [(re.sub(r"(?<!^)(?=[A-Z])", "-", work).lower(), f"{work}Waiting") for work in works]
    assert sorted(rows) == sorted(expected)
    named = set(re.findall(r"`([A-Z]\w+(?:Waiting|Problems|Disabled))`", page))
    assert named <= {name.removesuffix("Alarm") for name in of_type("AWS::CloudWatch::Alarm")}
