"""Settings that CloudFormation makes on AWS and that an emulator takes by its API only. Each may be repeated."""

from typing import Any

from botocore.exceptions import ClientError

from billproof.adapters.aws.clients import client


def set_time_to_live(table: str, declared: dict[str, Any]) -> None:
    """Let a table's items expire; an update that changes nothing is refused, so the state is read first."""
    known = client("dynamodb").describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    if known.get("TimeToLiveStatus") != "ENABLED":
        client("dynamodb").update_time_to_live(TableName=table, TimeToLiveSpecification=declared)


def set_recovery(table: str, declared: dict[str, Any]) -> None:
    """Switch a table's point-in-time recovery."""
    client("dynamodb").update_continuous_backups(TableName=table, PointInTimeRecoverySpecification=declared)


def set_lifecycle(bucket: str, declared: dict[str, Any]) -> None:
    """Give a bucket its lifecycle rules; the API writes a rule's Id as `ID` and wants a filter."""
    rules = [
        {"ID": rule["Id"], "Filter": {"Prefix": rule.get("Prefix", "")}, **_without(rule, "Id", "Prefix")}
        for rule in declared["Rules"]
    ]
    client("s3").put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": rules})


def set_object_lock(bucket: str, declared: bool) -> None:
    """Let objects of a bucket be locked, where that is declared."""
    if declared:
        client("s3").put_object_lock_configuration(
            Bucket=bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"}
        )


def set_retention(log_group: str, declared: int | str) -> None:
    """Say how many days a log group keeps its events."""
    client("logs").put_retention_policy(logGroupName=log_group, retentionInDays=int(declared))


def ensure_archive(*, name: str, bus_arn: str, properties: dict[str, Any]) -> None:
    """Make an archive of a bus, if it is not there."""
    try:
        client("events").create_archive(
            ArchiveName=name,
            EventSourceArn=bus_arn,
            Description=properties["Description"],
            RetentionDays=properties["RetentionDays"],
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceAlreadyExistsException":
            raise


def _without(rule: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in rule.items() if name not in names}
