"""Objects in an S3 bucket.

S3 answers 403 instead of 404 for a missing object unless the role may list the whole bucket. Our roles may list some
prefixes only, which does not count for GetObject: so a 403 is followed by a listing of the key, which the role may do.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime
from typing import IO, Any

from botocore.exceptions import ClientError

from billproof.adapters.aws.faults import error_code, outside
from billproof.errors import BillproofError, Contended, NotFound
from billproof.ids import shown
from billproof.ports import Clock, NewObject
from billproof.retrying import attempts

BYTES_AT_ONCE = 1_048_576
"""Bytes of an object that are held in memory while it is copied to a file."""
_MISSING = {"NoSuchKey", "NoSuchVersion", "404", "NotFound"}
_DENIED = {"AccessDenied", "403", "Forbidden"}
_TAKEN = {"PreconditionFailed", "412"}
_CONFLICT = {"ConditionalRequestConflict", "409"}
"""Another request for the key was under way: whether it came to anything is not said, so the write is tried again."""
MAX_ATTEMPTS = 8
WRITES_AT_ONCE = 16


class S3Objects:
    """The objects of one bucket."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def get(self, key: str, *, version: str = "") -> bytes:
        """Return the bytes; raises NotFound, also where S3 hides behind a 403 that there is nothing."""
        with outside("s3"):
            body: bytes = self._answer(key, version)["Body"].read()
        return body

    def copy_to(self, file: IO[bytes], key: str, *, fits: Callable[[int], bool]) -> bool:
        """Write the bytes to a file, a part after the other; False where their number does not fit."""
        with outside("s3"):
            answer = self._answer(key)
            with closing(answer["Body"]) as body:
                if not fits(answer["ContentLength"]):
                    return False
                for part in body.iter_chunks(BYTES_AT_ONCE):
                    file.write(part)
        return True

    def _answer(self, key: str, version: str = "") -> dict[str, Any]:
        which = {"VersionId": version} if version else {}
        try:
            answer: dict[str, Any] = self._client.get_object(Bucket=self._bucket, Key=key, **which)
        except ClientError as error:
            code = error_code(error)
            if code in _MISSING or (code in _DENIED and next(iter(self.keys(key)), None) != key):
                message = f"there is no object {shown(key)}"
                raise NotFound(message) from None
            raise
        return answer

    def put(self, key: str, data: bytes, *, content_type: str = "application/json") -> None:
        """Write the bytes."""
        with outside("s3"):
            self._client.put_object(Bucket=self._bucket, Key=key, Body=data, ContentType=content_type, **self._lock())

    def put_all(self, objects: Sequence[NewObject]) -> dict[str, BillproofError]:
        """Write side by side all that can be written; return the keys of those that were not, with the errors."""

        def attempt(new: NewObject) -> BillproofError | None:
            try:
                self.put(new.key, new.data, content_type=new.content_type)
            except BillproofError as error:
                return error
            return None

        if len(objects) == 1:
            errors = [attempt(objects[0])]
        else:
            with ThreadPoolExecutor(WRITES_AT_ONCE) as pool:
                errors = list(pool.map(attempt, objects))
        return {new.key: error for new, error in zip(objects, errors, strict=True) if error is not None}

    def create(self, key: str, data: bytes, *, content_type: str = "application/json") -> bool:
        """Write the bytes where nothing is (If-None-Match: *); raises Contended where others kept interfering."""
        for _ in attempts(MAX_ATTEMPTS):
            with outside("s3"):
                try:
                    self._client.put_object(
                        Bucket=self._bucket,
                        Key=key,
                        Body=data,
                        ContentType=content_type,
                        IfNoneMatch="*",
                        **self._lock(),
                    )
                except ClientError as error:
                    if error_code(error) in _TAKEN:
                        return False
                    if error_code(error) not in _CONFLICT:
                        raise
                else:
                    return True
        message = f"others wrote to {shown(key)} {MAX_ATTEMPTS} times in a row"
        raise Contended(message, service="s3")

    def _lock(self) -> dict[str, Any]:
        """Return what locks an object that is written; these are not locked."""
        return {}

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys below a prefix, in order, page by page."""
        with outside("s3"):
            for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix):
                for stored in page.get("Contents", []):
                    yield stored["Key"]


class LockedObjects(S3Objects):
    """Objects that are locked until a moment: S3 Object Lock.

    In compliance mode nobody can change or remove one, the account's root neither; in governance mode only who has
    s3:BypassGovernanceRetention can. The bucket may be of another account, so that whoever administers this one cannot
    remove it either.
    """

    def __init__(self, client: Any, bucket: str, *, mode: str, until: Clock) -> None:
        super().__init__(client, bucket)
        self._mode = mode
        self._until = until

    def _lock(self) -> dict[str, Any]:
        return {"ObjectLockMode": self._mode, "ObjectLockRetainUntilDate": self._until()}


class S3Archive(S3Objects):
    """Documents that are each locked until the end of their own retention; `mode` is asked for where one is kept."""

    def __init__(self, client: Any, bucket: str, *, mode: Callable[[], str], now: Clock) -> None:
        super().__init__(client, bucket)
        self._mode = mode
        self._now = now

    def keep(self, key: str, data: bytes, *, content_type: str, until: datetime) -> None:
        """Write the bytes where nothing is, locked; S3 takes no lock until a moment that is over."""
        objects: S3Objects = self
        if until > self._now():
            objects = LockedObjects(self._client, self._bucket, mode=self._mode(), until=lambda: until)
        objects.create(key, data, content_type=content_type)
