"""The roles of state machines and schedules allow exactly what is done with them; nobody changes the audit chain."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from billproof_ops.paths import ROOT
from tests.bench.imports import FUNCTIONS
from tests.support.expanded import expanded, logical_id, of_type, referenced, statements
from tests.support.permissions import BUCKET, EXECUTIONS, Permission, allowed, granted, named
from tests.support.ways_in import ways_in


def test_nobody_changes_or_removes_what_the_audit_chain_holds() -> None:
    """Writers append by a conditional put; the key of a digest is removed by a person with a role of their own."""
    for function in FUNCTIONS:
        mine = {permission.action for permission in allowed(function) if "Audit" in permission.resource}
        assert mine <= {
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "dynamodb:Query",
            "s3:PutObject",
            "s3:PutObjectRetention",
            "s3:ListBucket",
            "s3:GetObject",
        }
    anchoring = {permission.resource for permission in allowed("anchor_audit")}
    assert anchoring >= {"AuditBucket/anchors/", "AuditTable"}
    for function in set(FUNCTIONS) - {"anchor_audit"}:
        locked = {
            (permission.action, permission.resource)
            for permission in allowed(function)
            if permission.resource.startswith("AuditBucket")
        }
        assert locked == IN_THE_LOCKED_BUCKET.get(function, set())


READING = {("s3:GetObject", "AuditBucket/anchors/")}
"""What the API that verifies the audit trail may do in the bucket of the anchors: read them."""
ARCHIVING = {("s3:PutObject", "AuditBucket/archive/"), ("s3:PutObjectRetention", "AuditBucket/archive/")}
"""What those who deliver documents may do in the bucket of the anchors: write to the archive, and read nothing."""
IN_THE_LOCKED_BUCKET = {"deliver_invoice": ARCHIVING, "deliver_einvoice": ARCHIVING, "api_operations": READING}


OF_THE_API = "ApiRole"
"""The role with which API Gateway calls the functions of the API."""


def test_api_gateway_alone_takes_the_role_that_calls_the_functions_of_the_api_and_calls_each_with_it() -> None:
    role = expanded()[OF_THE_API]["Properties"]
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "apigateway.amazonaws.com"}
    called = {permission.resource for permission in granted(own for name, own in statements() if name == OF_THE_API)}
    behind = set()
    for integration in of_type("AWS::ApiGatewayV2::Integration").values():
        if "CredentialsArn" in integration:
            assert referenced(integration["CredentialsArn"]) == OF_THE_API
            behind.add(referenced(integration["IntegrationUri"]))
    assert called == behind
    assert behind == {way.function for way in ways_in() if not way.key.startswith("URL ")}


DISMISSALS = f"{BUCKET}/dismissals/"


def writes_decisions(function: str) -> bool:
    return any(
        (permission.action == "dynamodb:PutItem" and permission.resource == "DecisionsTable")
        or (permission.action == "s3:PutObject" and DISMISSALS.startswith(permission.resource))
        for permission in allowed(function)
    )


def test_what_people_decide_and_ask_for_is_written_by_functions_that_the_api_alone_calls() -> None:
    """No step, schedule or queue reaches them: the API says who calls, and an event of another origin names nobody."""
    writers = {logical_id(function) for function in FUNCTIONS if writes_decisions(function)}
    assert writers >= {
        "DecideException",
        "DecideReceipt",
        "DismissEvent",
        "RequestCredit",
        "RequestRun",
        "ConfirmPolicy",
    }
    called_by_others = {
        named(mapping["FunctionName"]) for mapping in of_type("AWS::Lambda::EventSourceMapping").values()
    }
    for permission in granted(statement for name, statement in statements() if name != OF_THE_API):
        if permission.action == "lambda:InvokeFunction":
            called_by_others.add(permission.resource)
    for invoked in of_type("AWS::Lambda::Permission").values():
        if invoked["Principal"] != "apigateway.amazonaws.com":
            called_by_others.add(named(invoked["FunctionName"]))
    assert "PlanBillingRun" in called_by_others
    assert writers & called_by_others == set()


ITEMS = {"Compaction": "compactions/", "Reconciliation": "reconciliation-parts/"}
"""Where the items of maps lie; those of a run's, among its artefacts."""
MACHINES = sorted((ROOT / "statemachines").glob("*.asl.json"))


def machine_name(path: Path) -> str:
    return logical_id(path.name.partition(".")[0])


def machine_needs(name: str, machine: dict[str, Any]) -> Iterator[Permission]:
    """Yield what the states of a machine do with its role: call functions, read items, run the children of a map."""
    for state in machine["States"].values():
        if state["Type"] == "Task":
            function = state["Parameters"]["FunctionName"].removeprefix("${").removesuffix("Arn}")
            yield Permission("lambda:InvokeFunction", function)
        if state["Type"] == "Map":
            yield Permission("s3:GetObject", f"{BUCKET}/{ITEMS.get(name, 'runs/')}")
            yield Permission("states:StartExecution", name)
            for action in ("DescribeExecution", "StopExecution", "RedriveExecution"):
                yield Permission(f"states:{action}", f"{name} {EXECUTIONS}")
            yield from machine_needs(name, state["ItemProcessor"])


def policies_of(role: str) -> Iterator[dict[str, Any]]:
    """Yield the statements of a role: its own, and those of policies that are attached to it."""
    for policy in expanded()[role]["Properties"].get("Policies", []):
        yield from policy["PolicyDocument"]["Statement"]
    for policy in of_type("AWS::IAM::Policy").values():
        if {"Ref": role} in policy["Roles"]:
            yield from policy["PolicyDocument"]["Statement"]


@pytest.mark.parametrize("path", MACHINES, ids=lambda path: path.stem)
def test_the_role_of_a_state_machine_allows_exactly_what_its_states_do(path: Path) -> None:
    name = machine_name(path)
    needed = set(machine_needs(name, json.loads(path.read_text())))
    assert sorted(set(granted(policies_of(f"{name}Role")))) == sorted(needed)


@pytest.mark.parametrize("name", sorted(of_type("AWS::Scheduler::Schedule")))
def test_the_role_of_schedules_allows_exactly_their_calls_and_their_dead_letters(name: str) -> None:
    targets = [schedule["Target"] for schedule in of_type("AWS::Scheduler::Schedule").values()]
    role = of_type("AWS::Scheduler::Schedule")[name]["Target"]["RoleArn"]
    needed = set()
    for target in (target for target in targets if target["RoleArn"] == role):
        called = named(target["Arn"])
        starts = called in of_type("AWS::StepFunctions::StateMachine")
        needed.add(Permission("states:StartExecution" if starts else "lambda:InvokeFunction", called))
        needed.add(Permission("sqs:SendMessage", named(target["DeadLetterConfig"]["Arn"])))
    assert set(granted(policies_of(named(role)))) == needed


def test_every_role_is_compared_and_has_no_managed_policy_but_those_of_sam() -> None:
    functions = {f"{logical_id(function)}Role" for function in FUNCTIONS}
    machines = {f"{machine_name(path)}Role" for path in MACHINES}
    schedules = {named(schedule["Target"]["RoleArn"]) for schedule in of_type("AWS::Scheduler::Schedule").values()}
    roles = of_type("AWS::IAM::Role")
    assert set(roles) == functions | machines | schedules | {OF_THE_API}
    consumers = {
        f"{named(mapping['FunctionName'])}Role" for mapping in of_type("AWS::Lambda::EventSourceMapping").values()
    }
    for name, role in roles.items():
        managed = {str(arn).rpartition("/")[2] for arn in role.get("ManagedPolicyArns", [])}
        expected = {"AWSXrayWriteOnlyAccess"} if name in functions | machines else set()
        expected |= {"AWSLambdaBasicExecutionRole"} if name in functions else set()
        expected |= {"AWSLambdaSQSQueueExecutionRole"} if name in consumers else set()
        assert managed == expected, name
