"""The keys that data is encrypted with, and what is masked in logs."""

import re
from fnmatch import fnmatchcase

import pytest

from billproof.adapters.aws import idempotency, webhooks
from billproof_ops.paths import ROOT
from tests.support.expanded import Resource, of_type, source

KEY = {"Fn::If": ["HasKey", {"Ref": "KmsKeyArn"}, {"Ref": "AWS::NoValue"}]}


def keys_of(resource: Resource, kind: str) -> object:
    """Return what encrypts a resource that holds data."""
    if kind == "AWS::S3::Bucket":
        (rule,) = resource["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        return rule["ServerSideEncryptionByDefault"]["KMSMasterKeyID"]
    if kind == "AWS::DynamoDB::Table":
        return resource["SSESpecification"]["KMSMasterKeyId"]
    return resource[NAMED_KEYS[kind]]


NAMED_KEYS = {
    "AWS::Events::Archive": "KmsKeyIdentifier",
    "AWS::Lambda::Function": "KmsKeyArn",
    "AWS::Logs::LogGroup": "KmsKeyId",
    "AWS::SQS::Queue": "KmsMasterKeyId",
    "AWS::SecretsManager::Secret": "KmsKeyId",
}
PAGE = (ROOT / "docs" / "security.md").read_text()
STORES = ("AWS::S3::Bucket", "AWS::DynamoDB::Table", *NAMED_KEYS)


@pytest.mark.parametrize("kind", STORES)
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


def kept() -> dict[str, str]:
    """Return for each pattern of names on the page of security how long what has such a name is kept."""
    section = PAGE.partition("## How long everything is kept")[2]
    rows = re.findall(r"^\|(.+)\|([^|]+)\|$", section, re.MULTILINE)
    return {name: said.strip() for names, said in rows for name in re.findall(r"`([A-Za-z*]+)`", names)}


def test_the_page_says_of_every_store_how_long_it_is_kept() -> None:
    stores = {name for kind in (*STORES, "AWS::Cognito::UserPool") for name in of_type(kind)}
    stores -= of_type("AWS::Lambda::Function").keys()
    unsaid = {name for name in stores if not any(fnmatchcase(name, pattern) for pattern in kept())}
    assert unsaid == set()
    assert {pattern for pattern in kept() if not any(fnmatchcase(name, pattern) for name in stores)} == set()


def test_what_the_page_says_is_what_is_set() -> None:
    said = kept()
    for name, queue in of_type("AWS::SQS::Queue").items():
        pattern = "*Queue" if name.endswith("Queue") else "*DeadLetters"
        assert said[pattern] == f"{queue['MessageRetentionPeriod'] // 86_400} days", name
    assert said["UsageArchive"] == f"{of_type('AWS::Events::Archive')['UsageArchive']['RetentionDays']} days"
    parameters = source()["Parameters"]
    assert f"`LogRetentionDays`, {parameters['LogRetentionDays']['Default']}" in said["*Log"]
    assert f"`AuditRetentionDays`, {parameters['AuditRetentionDays']['Default']}" in said["AuditBucket"]
    assert said["IdempotencyTable"].startswith(f"{idempotency.REMEMBER.days} days")
    assert said["EventsTable"].startswith(f"{webhooks.KEPT.days} days")
    for name in of_type("AWS::DynamoDB::Table").keys() - {"IdempotencyTable", "EventsTable"}:
        assert said[name].startswith("for ever"), name


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
        ("DE89370400440532013000", True),
        ("DE89 3704 0044 0532 0130 00", True),
        ("NO9386011117947", True),
        ("MT84 MALT 0110 0001 2345 MTLC AST0 01S", True),
        ("GB82WEST12345698765432", True),
        ("skymeter-inc-2013-01-001", False),
        ("INC-2013-000012", False),
        ("ExternalServiceUnavailable", False),
        ("1-67a1b2c3-0123456789abcdef01234567", False),
        ("SKY-US-CN-2013-000001", False),
        ("2026-11-26T21:58:05,182+0000", False),
    ],
)
def test_tax_numbers_and_bank_accounts_are_masked_and_names_of_runs_are_not(text: str, *, masked: bool) -> None:
    log = next(iter(of_type("AWS::Logs::LogGroup").values()))
    patterns = [custom["Regex"] for custom in log["DataProtectionPolicy"]["Configuration"]["CustomDataIdentifier"]]
    for pattern in patterns:
        assert re.fullmatch(r"[A-Za-z0-9_#=@/;,\- ^$?\[\]{}|\\*+.]{1,200}", pattern)  # what AWS takes
    assert any(re.search(pattern, f'{{"error": "of {text}"}}') for pattern in patterns) is masked
