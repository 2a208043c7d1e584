"""Removing what the law wants gone: the key of a subject's digests, and objects with all their versions.

No function's role may do it. A person's may, with `dynamodb:DeleteItem` on items of the audit table whose partition
begins with `key#`, `s3:ListBucketVersions`, and `s3:DeleteObjectVersion` on usage/*, quarantine/*, discarded/*,
compacted/* and compactions/*.
"""

from typing import Any

from billproof.adapters.aws.faults import outside
from billproof.audit.keys import key_place


def remove_key(client: Any, table: str, subject: str) -> None:
    """Remove the key of a subject; to remove it again changes nothing."""
    place = key_place(subject)
    with outside("dynamodb"):
        client.delete_item(TableName=table, Key={"partition": {"S": place.partition}, "sort": {"S": place.sort}})


def remove_object(client: Any, bucket: str, key: str) -> None:
    """Remove every version of an object; to remove it again changes nothing."""
    with outside("s3"):
        for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=key):
            for version in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
                if version["Key"] == key:
                    client.delete_object(Bucket=bucket, Key=key, VersionId=version["VersionId"])
