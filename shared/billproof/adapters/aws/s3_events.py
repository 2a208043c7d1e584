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


class _OfNotification(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _NotedObject(_OfNotification):
    key: str
    version: str = Field(default="", alias="versionId")


class _NotedPlace(_OfNotification):
    stored: _NotedObject = Field(alias="object")


class _Note(_OfNotification):
    s3: _NotedPlace


class _Notification(_OfNotification):
    records: Annotated[tuple[_Note, ...], Field(alias="Records", min_length=1, max_length=1)]


class _TriedOut(_OfNotification):
    event: str = Field(alias="Event")


def read_put_object(body: str) -> PutObject | None:
    """Read a notification of S3; None for the one that S3 sends to try a queue out. Raises Unreadable for others."""
    try:
        if TEST_EVENT in body and _TriedOut.model_validate_json(body).event == TEST_EVENT:
            return None
        (record,) = _Notification.model_validate_json(body).records
    except ValidationError as error:
        message = f"not a notification of S3: {what_is_wrong(error)}"
        raise Unreadable(message) from None
    return PutObject(key=unquote_plus(record.s3.stored.key), version=record.s3.stored.version)
