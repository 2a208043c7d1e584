"""The template's resources on moto, for the chain of handlers."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from billproof.adapters.aws.clients import client
from billproof.adapters.aws.s3 import S3Objects
from tests.support.expanded import of_type, source
from tests.support.gateways import CARDS
from tests.support.stripe_world import SECRET
from tests.support.world import INC

BUCKET, AUDIT_BUCKET = "databucket", "auditbucket"
SENDER = "billing@skymeter.example"
ENGINE_KEY = "rk_test_of_the_engine"
SECRETS = {
    "StripeWebhooksSecretArn": json.dumps({INC: {CARDS: SECRET}}),
    "StripePaymentsSecretArn": json.dumps({INC: {CARDS: ENGINE_KEY}}),
}
"""Those of gateways are by legal entity and gateway."""


def make_resources() -> dict[str, str]:
    """Make the template's resources on moto and return the value of a Ref to each, and of the parameters."""
    names = {"DataBucket": BUCKET, "SenderAddress": SENDER, "Stage": "test"}
    names |= {
        "BucketCount": "2",
        "CutOffGraceHours": "72",
        "EventAgeDays": "400",
        "UnbilledEveryMinutes": "60",
        "BatchSize": "25",
        "BatchConcurrency": "1",
        "PartSize": "7",
        "CallsASecond": "20",
        "CallBurst": "100",
        "MailsASecond": "1000",
    }
    names |= {"AuditBucket": AUDIT_BUCKET, "AuditRetentionDays": "3653", "ArchiveLockMode": "GOVERNANCE"}
    client("s3").create_bucket(Bucket=BUCKET)
    client("s3").put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    client("s3").create_bucket(Bucket=AUDIT_BUCKET, ObjectLockEnabledForBucket=True)
    for name, table in of_type("AWS::DynamoDB::Table").items():
        given = {key: table[key] for key in ("BillingMode", "AttributeDefinitions", "KeySchema")}
        client("dynamodb").create_table(TableName=name, **given)
        names[name] = name
    for name in of_type("AWS::SQS::Queue"):
        names[name] = client("sqs").create_queue(QueueName=name)["QueueUrl"]
    for name in of_type("AWS::Logs::LogGroup"):
        client("logs").create_log_group(logGroupName=name)
        names[name] = name
    for name in of_type("AWS::Events::EventBus"):
        client("events").create_event_bus(Name=name)
        names[name] = name
    definition = json.dumps({"StartAt": "End", "States": {"End": {"Type": "Succeed"}}})
    role = "arn:aws:iam::123456789012:role/machine"
    for name in of_type("AWS::StepFunctions::StateMachine"):
        made = client("stepfunctions").create_state_machine(name=name, definition=definition, roleArn=role)
        names[name] = made["stateMachineArn"]
    names |= {name: name.ljust(36, "-") for name in of_type("AWS::Lambda::EventSourceMapping")}
    client("ses").verify_email_identity(EmailAddress=SENDER)
    parameters = [name for name in source()["Parameters"] if name.endswith("SecretArn")]
    for name in (*parameters, *of_type("AWS::SecretsManager::Secret")):
        client("secretsmanager").create_secret(Name=name, SecretString=SECRETS.get(name, ENGINE_KEY))
        names[name] = name
    return names


@contextmanager
def lost_for_a_while(bucket: str, prefix: str) -> Iterator[None]:
    """Lose the objects below a prefix, and put them back."""
    objects = S3Objects(client("s3"), bucket)
    kept = {key: objects.get(key) for key in objects.keys(prefix)}
    for key in kept:
        client("s3").delete_object(Bucket=bucket, Key=key)
    yield
    for key, data in kept.items():
        objects.put(key, data)
