"""Rules that the expanded template must keep: every one of them was forgotten by somebody before."""

import json
import re
import tomllib
from typing import Any

import pytest

from billproof.access.scopes import Scope
from billproof.api.asked import SCOPES_OF
from billproof_ops.paths import ROOT
from tests.support.expanded import as_list, expanded, of_type, source, statements


def test_every_function_has_a_role_and_a_log_of_its_own() -> None:
    functions = of_type("AWS::Lambda::Function")
    assert len(functions) == len(list(ROOT.glob("functions/*/app.py")))
    assert len({json.dumps(function["Role"]) for function in functions.values()}) == len(functions)
    logs = of_type("AWS::Logs::LogGroup")
    assert {function["LoggingConfig"]["LogGroup"]["Ref"] for function in functions.values()} == set(logs) - {"ApiLog"}
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


PARTNER = {"Ref": "SalesforceEventSource"}
"""A bus of a partner's events has the name of their source, and no other."""
NAMES = {
    "AWS::ApiGatewayV2::Api": ("Name",),
    "AWS::ApiGatewayV2::Authorizer": (),  # named within its API only
    "AWS::ApiGatewayV2::Integration": (),
    "AWS::ApiGatewayV2::Route": (),
    "AWS::ApiGatewayV2::Stage": (),
    "AWS::Lambda::Permission": (),
    "AWS::Cognito::UserPool": ("UserPoolName",),
    "AWS::Cognito::UserPoolDomain": ("Domain",),
    "AWS::Cognito::UserPoolResourceServer": (),  # named within its pool only
    "AWS::Cognito::UserPoolClient": (),
    "AWS::CloudWatch::Alarm": ("AlarmName",),
    "AWS::CloudWatch::Dashboard": ("DashboardName",),
    "AWS::DynamoDB::Table": ("TableName",),
    "AWS::Events::Archive": ("ArchiveName",),
    "AWS::Events::EventBus": ("Name",),
    "AWS::Events::Rule": ("Name",),
    "AWS::Glue::Database": ("DatabaseName",),  # its DatabaseInput holds the name, with the stage
    "AWS::Glue::Table": (),  # named within its database only
    "AWS::IAM::Policy": (),  # PolicyName names it within its role only
    "AWS::IAM::Role": ("RoleName",),
    "AWS::Lambda::EventInvokeConfig": (),
    "AWS::Lambda::EventSourceMapping": (),
    "AWS::Lambda::Function": ("FunctionName",),
    "AWS::Lambda::LayerVersion": ("LayerName",),
    "AWS::Lambda::Url": (),
    "AWS::Logs::LogGroup": ("LogGroupName",),
    "AWS::S3::Bucket": ("BucketName",),
    "AWS::S3::BucketPolicy": (),
    "AWS::SQS::Queue": ("QueueName",),
    "AWS::SecretsManager::Secret": ("Name",),
    "AWS::SQS::QueuePolicy": (),
    "AWS::Scheduler::Schedule": ("Name", "GroupName"),
    "AWS::StepFunctions::StateMachine": ("StateMachineName",),
}


def test_nothing_is_named_by_hand_so_that_two_stages_never_collide() -> None:
    for name, resource in expanded().items():
        for property_name in NAMES[resource["Type"]]:
            given = resource["Properties"].get(property_name)
            is_a_partners = given == PARTNER
            assert given is None or is_a_partners or "${AWS::StackName}" in json.dumps(given), (name, given)


MOST_RESOURCES = 500
"""Of one stack: docs.aws.amazon.com, CloudFormation quotas. Those under a condition that does not hold count, too."""


def test_the_stack_has_no_more_resources_than_cloudformation_takes() -> None:
    assert len(expanded()) <= MOST_RESOURCES


def test_everything_that_runs_is_traced() -> None:
    for function in of_type("AWS::Lambda::Function").values():
        assert function["TracingConfig"] == {"Mode": "Active"}
    for machine in of_type("AWS::StepFunctions::StateMachine").values():
        assert machine["TracingConfiguration"] == {"Enabled": True}


def test_what_emulators_leave_out_in_silence_is_in_the_template() -> None:
    tables = of_type("AWS::DynamoDB::Table")
    forgetting = {
        name: table["TimeToLiveSpecification"] for name, table in tables.items() if "TimeToLiveSpecification" in table
    }
    kept = {"AttributeName": "expiration", "Enabled": True}
    assert forgetting == {"EventsTable": kept, "IdempotencyTable": kept}
    buckets = of_type("AWS::S3::Bucket")
    (rule,) = buckets["DataBucket"]["LifecycleConfiguration"]["Rules"]
    assert [name for name, bucket in buckets.items() if bucket.get("ObjectLockEnabled")] == ["AuditBucket"]
    assert (rule["Status"], rule["AbortIncompleteMultipartUpload"]) == ("Enabled", {"DaysAfterInitiation": 7})
    (archive,) = of_type("AWS::Events::Archive").values()
    assert archive["RetentionDays"] == 400
    for log in of_type("AWS::Logs::LogGroup").values():
        assert log["RetentionInDays"] == {"Ref": "LogRetentionDays"}
    mailing = {"DeliverInvoiceDeliveries", "DeliverEinvoiceEinvoices"}
    for name, mapping in of_type("AWS::Lambda::EventSourceMapping").items():
        limit = "MailConcurrency" if name in mailing else "QueueConcurrency"
        assert mapping["ScalingConfig"] == {"MaximumConcurrency": {"Ref": limit}}, name
    for function in of_type("AWS::Lambda::Function").values():
        assert len(json.dumps(function["Environment"])) < 4_096, "Lambda's quota of an environment"
        of_aws = {name: value for name, value in function["Environment"]["Variables"].items() if name[:4] == "AWS_"}
        absent = {"Fn::If": ["HasEndpoint", {"Ref": "EndpointUrl"}, {"Ref": "AWS::NoValue"}]}
        assert of_aws == {"AWS_ENDPOINT_URL": absent}, "what Lambda keeps for itself"
    assert source()["Parameters"]["EndpointUrl"]["Default"] == ""


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


def test_the_parameters_are_those_that_people_set() -> None:
    assert {"Stage", "AlarmTopicArn", "LogRetentionDays"} <= source()["Parameters"].keys()
    assert all("Description" in parameter for parameter in source()["Parameters"].values())


@pytest.mark.parametrize("path", sorted(ROOT.glob("functions/*/app.py")), ids=lambda path: path.parent.name)
def test_a_function_is_thin_and_imports_only_libraries_and_billproof(path: Any) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= 60
    modules = re.findall(r"^(?:from|import) ([a-z_]+)", text, re.MULTILINE)
    assert set(modules) <= {"billproof", "aws_lambda_powertools", "pydantic", "datetime", "re", "typing"}


def test_every_function_that_is_invoked_by_name_has_an_output() -> None:
    names = {"".join(map(str.capitalize, path.parent.name.split("_"))) for path in ROOT.glob("functions/*/app.py")}
    assert {f"{name}Name" for name in names} <= source()["Outputs"].keys()


def test_the_pool_of_the_stack_gives_tokens_of_the_scopes_that_routes_ask_for() -> None:
    (scopes,) = of_type("AWS::Cognito::UserPoolResourceServer").values()
    assert f"{scopes['Identifier']}/" == SCOPES_OF
    assert {scope["ScopeName"] for scope in scopes["Scopes"]} == set(Scope)
    clients = of_type("AWS::Cognito::UserPoolClient")
    assert {SCOPES_OF + scope for scope in Scope} >= set(clients["MachineClient"]["AllowedOAuthScopes"])
    people = clients["PeopleClient"]["AllowedOAuthScopes"]
    assert not any(scope.startswith(SCOPES_OF) for scope in people)  # they would be limited to them
    (pool,) = of_type("AWS::Cognito::UserPool").values()
    assert (pool["MfaConfiguration"], pool["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"]) == ("ON", True)
