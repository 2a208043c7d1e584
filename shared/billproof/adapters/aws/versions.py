"""The versions that the bucket keeps of an object.

No function's role may list them. A person's may, with `s3:ListBucketVersions` and `s3:GetObjectVersion`.
"""

from collections.abc import Iterator
from typing import Any

from billproof.adapters.aws.faults import outside
from billproof.audit.restoring import Version


def versions_of(client: Any, bucket: str, key: str) -> Iterator[Version]:
    """Yield every version of an object, the newest first, each with its bytes."""
    with outside("s3"):
        for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=key):
            for listed in page.get("Versions", ()):
                if listed["Key"] == key:
                    answer = client.get_object(Bucket=bucket, Key=key, VersionId=listed["VersionId"])
                    yield Version(listed["VersionId"], answer["Body"].read(), answer["ContentType"])
