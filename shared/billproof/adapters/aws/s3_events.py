"""What S3 tells of an object that was put."""

from typing import Annotated
from urllib.parse import unquote_plus

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from billproof.errors import Unreadable
from billproof.model import Model, what_is_wrong

TEST_EVENT = "s3:TestEvent"


class PutObject(Model):
    """An object that somebody put: its key, and its version where the bucket keeps versions."""

    key: str
    version: str


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Object(_Lenient):
    key: str
    version: str = Field(default="", alias="versionId")


class _S3(_Lenient):
    stored: _Object = Field(alias="object")


class _Record(_Lenient):
    s3: _S3


class _Event(_Lenient):
    records: Annotated[tuple[_Record, ...], Field(alias="Records", min_length=1, max_length=1)]


class _Test(_Lenient):
    event: str = Field(alias="Event")


def read_put_object(body: str) -> PutObject | None:
    """Read a notification of S3; None for the one that S3 sends to try a queue out. Raises Unreadable for others."""
    try:
        if TEST_EVENT in body and _Test.model_validate_json(body).event == TEST_EVENT:
            return None
        (record,) = _Event.model_validate_json(body).records
    except ValidationError as error:
        message = f"not a notification of S3: {what_is_wrong(error)}"
        raise Unreadable(message) from None
    return PutObject(key=unquote_plus(record.s3.stored.key), version=record.s3.stored.version)
