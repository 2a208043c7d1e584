"""What an emulator's CloudFormation passes over is there nevertheless: read back by API, as it is declared."""

import os
from typing import Any

from billproof.adapters.aws.clients import client
from billproof_ops.local.deployed import UNKNOWN, physical_ids
from billproof_ops.local.differences import DIFFERENCES
from billproof_ops.local.emulators import recognize
from billproof_ops.local.packaging import declared
from billproof_ops.local.stack import PARAMETERS
from billproof_ops.target import Target


def of_type(kind: str) -> list[tuple[str, dict[str, Any]]]:
    ids = physical_ids()
    return [
        (ids[name], resource["Properties"])
        for name, resource in declared(PARAMETERS).items()
        if resource["Type"] == kind
    ]


def test_items_expire_where_the_template_says_so_and_every_table_can_be_recovered(stack: Target) -> None:
    database = client("dynamodb")
    for table, properties in of_type("AWS::DynamoDB::Table"):
        expiry = database.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
        wanted = properties.get("TimeToLiveSpecification", {})
        assert expiry.get("AttributeName") == wanted.get("AttributeName")
        assert expiry["TimeToLiveStatus"] == ("ENABLED" if wanted else "DISABLED")
        backups = database.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
        assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"


def test_unfinished_uploads_are_removed(stack: Target) -> None:
    for bucket, properties in of_type("AWS::S3::Bucket"):
        if "LifecycleConfiguration" not in properties:
            continue
        rules = client("s3").get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
        wanted = properties["LifecycleConfiguration"]["Rules"]
        assert [rule["ID"] for rule in rules] == [rule["Id"] for rule in wanted]
        assert [rule["AbortIncompleteMultipartUpload"] for rule in rules] == [
            rule["AbortIncompleteMultipartUpload"] for rule in wanted
        ]


def test_what_is_anchored_can_be_locked(stack: Target) -> None:
    (bucket,) = (name for name, properties in of_type("AWS::S3::Bucket") if properties.get("ObjectLockEnabled"))
    configuration = client("s3").get_object_lock_configuration(Bucket=bucket)["ObjectLockConfiguration"]
    assert configuration["ObjectLockEnabled"] == "Enabled"


def test_logs_are_kept_as_long_as_the_parameter_says(stack: Target) -> None:
    logs = of_type("AWS::Logs::LogGroup")
    assert logs
    for name, properties in logs:
        (group,) = client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
        assert group["retentionInDays"] == int(properties["RetentionInDays"])


def test_only_what_is_listed_is_called_made_and_is_not(stack: Target) -> None:
    emulator = recognize(os.environ["AWS_ENDPOINT_URL"])
    listed = {entry.type for entry in DIFFERENCES if entry.emulator is emulator and entry.property is None}
    types = {name: resource["Type"] for name, resource in declared(PARAMETERS).items()}
    assert {types[name] for name, physical_id in physical_ids().items() if physical_id == UNKNOWN} <= listed
