"""The keys that data is encrypted with, and what is masked in logs."""

import re

import pytest

from tests.support.expanded import Resource, of_type, source

KEY = {"Fn::If": ["HasKey", {"Ref": "KmsKeyArn"}, {"Ref": "AWS::NoValue"}]}


def keys_of(resource: Resource, kind: str) -> object:
    """Return what encrypts a resource that holds data."""
    if kind == "AWS::S3::Bucket":
        (rule,) = resource["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        return rule["ServerSideEncryptionByDefault"]["KMSMasterKeyID"]
    if kind == "AWS::DynamoDB::Table":
        return resource["SSESpecification"]["KMSMasterKeyId"]
    return resource[{"AWS::SQS::Queue": "KmsMasterKeyId", "AWS::Logs::LogGroup": "KmsKeyId"}.get(kind, "KmsKeyArn")]


@pytest.mark.parametrize(
    "kind",
    ["AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::SQS::Queue", "AWS::Logs::LogGroup", "AWS::Lambda::Function"],
)
def test_whatever_holds_data_takes_the_key_that_is_given(kind: str) -> None:
    resources = of_type(kind)
    assert resources
    for name, resource in resources.items():
        assert keys_of(resource, kind) == KEY, name


def test_without_a_key_of_ones_own_everything_is_encrypted_with_those_of_aws() -> None:
    assert source()["Parameters"]["KmsKeyArn"]["Default"] == ""
    for queue in of_type("AWS::SQS::Queue").values():
        assert queue["SqsManagedSseEnabled"] == {"Fn::If": ["HasKey", {"Ref": "AWS::NoValue"}, True]}
    for table in of_type("AWS::DynamoDB::Table").values():
        assert table["SSESpecification"]["SSEEnabled"]


def test_every_log_masks_what_it_counts() -> None:
    for log in of_type("AWS::Logs::LogGroup").values():
        count, mask = log["DataProtectionPolicy"]["Statement"]
        assert count["DataIdentifier"] == mask["DataIdentifier"]
        assert count["Operation"] == {"Audit": {"FindingsDestination": {}}}
        assert mask["Operation"] == {"Deidentify": {"MaskConfig": {}}}


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("ATU12345678", True),
        ("DE123456789", True),
        ("ESX1234567X", True),
        ("FRXX123456789", True),
        ("IE1234567FA", True),
        ("NL123456789B01", True),
        ("CHE123456789", True),
        ("skymeter-inc-2013-01-001", False),
        ("INC-2013-000012", False),
        ("ExternalServiceUnavailable", False),
        ("1-67a1b2c3-0123456789abcdef01234567", False),
    ],
)
def test_tax_numbers_are_masked_and_names_of_runs_are_not(text: str, *, masked: bool) -> None:
    log = next(iter(of_type("AWS::Logs::LogGroup").values()))
    (identifier,) = log["DataProtectionPolicy"]["Configuration"]["CustomDataIdentifier"]
    assert re.fullmatch(r"[A-Za-z0-9_#=@/;,\- ^$?\[\]{}|\\*+.]{1,200}", identifier["Regex"])  # what AWS takes
    assert (re.search(identifier["Regex"], f'{{"error": "of {text}"}}') is not None) is masked
