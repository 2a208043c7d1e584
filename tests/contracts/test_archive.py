"""The port of the archive, in memory and over S3 with object lock: kept once, locked until the end of its retention."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from moto import mock_aws

from billproof.adapters.aws.s3 import S3Archive
from billproof.errors import NotFound
from billproof.ports import Archive
from tests.support.fakes import MemoryArchive

NOW = datetime(2026, 3, 5, 9, tzinfo=UTC)
UNTIL = datetime(2035, 1, 1, 12, tzinfo=UTC)
KEY = "archive/acme/2026/A-2026-000001/ab/A-2026-000001.pdf"
BUCKET = "audit"


@pytest.fixture
def s3() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET, ObjectLockEnabledForBucket=True)
        yield client


def archived(client: Any, mode: str = "GOVERNANCE") -> S3Archive:
    return S3Archive(client, BUCKET, mode=lambda: mode, now=lambda: NOW)


@pytest.fixture(params=["memory", "s3"])
def archive(request: pytest.FixtureRequest, s3: Any) -> Archive:
    return MemoryArchive() if request.param == "memory" else archived(s3)


def test_what_is_kept_is_read_back_and_nothing_is_not_found(archive: Archive) -> None:
    with pytest.raises(NotFound):
        archive.get(KEY)
    archive.keep(KEY, b"%PDF", content_type="application/pdf", until=UNTIL)
    assert archive.get(KEY) == b"%PDF"


def test_other_bytes_under_the_same_name_change_nothing(archive: Archive) -> None:
    archive.keep(KEY, b"%PDF", content_type="application/pdf", until=UNTIL)
    archive.keep(KEY, b"another one", content_type="application/pdf", until=UNTIL)
    assert archive.get(KEY) == b"%PDF"


@pytest.mark.parametrize("mode", ["GOVERNANCE", "COMPLIANCE"])
def test_the_lock_of_s3_ends_with_the_retention_and_a_repetition_is_no_new_version(s3: Any, mode: str) -> None:
    for _ in range(2):
        archived(s3, mode).keep(KEY, b"%PDF", content_type="application/pdf", until=UNTIL)
    (version,) = s3.list_object_versions(Bucket=BUCKET, Prefix=KEY)["Versions"]
    stored = s3.head_object(Bucket=BUCKET, Key=KEY)
    assert (stored["ObjectLockMode"], stored["ObjectLockRetainUntilDate"]) == (mode, UNTIL)
    with pytest.raises(s3.exceptions.ClientError, match="AccessDenied"):
        s3.delete_object(Bucket=BUCKET, Key=KEY, VersionId=version["VersionId"])


def test_what_needs_to_be_kept_no_more_is_kept_without_a_lock(s3: Any) -> None:
    archived(s3).keep(KEY, b"%PDF", content_type="application/pdf", until=datetime(2021, 1, 1, 12, tzinfo=UTC))
    assert "ObjectLockMode" not in s3.head_object(Bucket=BUCKET, Key=KEY)
