from io import BytesIO
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from billproof.adapters.aws.erasing import remove_object
from billproof.adapters.aws.s3 import S3Objects
from billproof.adapters.aws.versions import versions_of
from billproof.errors import Contended, ExternalServiceUnavailable, NotFound
from billproof.ports import NewObject, Objects
from tests.support.hiding_s3 import HidingS3


def test_bytes_are_read_as_they_were_written(objects: Objects) -> None:
    objects.put("a/b", b"\x00\xff")
    assert objects.get("a/b") == b"\x00\xff"
    objects.put("a/b", b"\x00\xff")


def test_an_object_is_copied_to_a_file_where_its_size_fits(objects: Objects) -> None:
    data = bytes(range(256)) * 10_000
    objects.put("a/b", data)
    file = BytesIO()
    assert not objects.copy_to(file, "a/b", fits=lambda size: size != 2_560_000)
    assert file.getvalue() == b""
    assert objects.copy_to(file, "a/b", fits=lambda size: size == 2_560_000)
    assert file.getvalue() == data
    with pytest.raises(NotFound):
        objects.copy_to(file, "a/c", fits=lambda _size: True)


def test_all_objects_are_written(objects: Objects) -> None:
    assert objects.put_all([NewObject("a/b", b"1"), NewObject("a/c", b"2", "text/plain")]) == {}
    assert [objects.get(key) for key in objects.keys("a/")] == [b"1", b"2"]


def test_what_is_not_there_is_not_found(objects: Objects) -> None:
    with pytest.raises(NotFound):
        objects.get("a/b")


@mock_aws
def test_a_missing_object_is_not_found_though_s3_hides_it_and_a_hidden_one_is_no_missing_one() -> None:
    client = boto3.client("s3")
    client.create_bucket(Bucket="objects")
    objects = S3Objects(HidingS3(client), "objects")
    with pytest.raises(NotFound):
        objects.get("a/b")
    objects.put("a/b", b"1")
    objects.put("a/bc", b"2")
    assert objects.get("a/b") == b"1"
    with pytest.raises(NotFound):
        objects.get("a/")  # a longer key is another object
    denied = S3Objects(HidingS3(client, denied={"a/b"}), "objects")
    with pytest.raises(ExternalServiceUnavailable, match="AccessDenied"):
        denied.get("a/b")


def test_an_object_is_created_once(objects: Objects) -> None:
    assert objects.create("a", b"1")
    assert not objects.create("a", b"2")
    assert objects.get("a") == b"1"


class ConflictingS3:
    """A bucket in which another request for the key is under way for the first so many writes."""

    def __init__(self, conflicts: int) -> None:
        self.conflicts = conflicts
        self.written: list[str] = []

    def put_object(self, **request: Any) -> None:
        if self.conflicts:
            self.conflicts -= 1
            raise ClientError({"Error": {"Code": "ConditionalRequestConflict"}}, "PutObject")
        self.written.append(request["Key"])


def test_a_conflict_does_not_say_that_an_object_is_there_so_the_write_is_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("billproof.retrying.sleep", lambda _seconds: None)
    client = ConflictingS3(conflicts=2)
    assert S3Objects(client, "objects").create("a", b"1")
    assert client.written == ["a"]
    with pytest.raises(Contended, match="others wrote to a 8 times"):
        S3Objects(ConflictingS3(conflicts=8), "objects").create("a", b"1")


def test_keys_come_in_order_below_a_prefix(objects: Objects) -> None:
    for key in ("runs/2", "runs/1", "run", "usage/1"):
        objects.put(key, b"")
    assert list(objects.keys("runs/")) == ["runs/1", "runs/2"]
    assert list(objects.keys("nothing/")) == []


def test_more_than_a_page_of_keys(objects: Objects) -> None:
    keys = [f"k/{number:05d}" for number in range(25)]  # a page holds ten
    for key in keys:
        objects.put(key, b"")
    assert list(objects.keys("k/")) == keys


@mock_aws
def test_an_object_is_removed_with_all_its_versions_and_no_other() -> None:
    client = boto3.client("s3")
    client.create_bucket(Bucket="objects")
    client.put_bucket_versioning(Bucket="objects", VersioningConfiguration={"Status": "Enabled"})
    for key, body in (("a/b", b"1"), ("a/b", b"2"), ("a/bc", b"3")):
        client.put_object(Bucket="objects", Key=key, Body=body)
    client.delete_object(Bucket="objects", Key="a/b")
    for _ in range(2):
        remove_object(client, "objects", "a/b")
    left = client.list_object_versions(Bucket="objects")
    assert [version["Key"] for version in left["Versions"]] == ["a/bc"]
    assert "DeleteMarkers" not in left


@mock_aws
def test_the_versions_of_an_object_are_read_newest_first() -> None:
    client = boto3.client("s3")
    client.create_bucket(Bucket="objects")
    client.put_bucket_versioning(Bucket="objects", VersioningConfiguration={"Status": "Enabled"})
    for key, body in (("a/b", b"1"), ("a/b", b"2"), ("a/bc", b"3")):
        client.put_object(Bucket="objects", Key=key, Body=body, ContentType="text/plain")
    client.delete_object(Bucket="objects", Key="a/b")
    found = list(versions_of(client, "objects", "a/b"))
    assert [(version.data, version.content_type) for version in found] == [(b"2", "text/plain"), (b"1", "text/plain")]
    assert len({version.id for version in found}) == 2
