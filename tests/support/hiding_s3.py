"""S3 as AWS shows it to a role that may not list the whole bucket."""

from collections.abc import Container
from typing import Any

from botocore.exceptions import ClientError


class HidingS3:
    """A client whose GetObject says 403 where there is no object, and for those that it is told to deny."""

    def __init__(self, below: Any, denied: Container[str] = ()) -> None:
        self._below, self._denied = below, denied

    def __getattr__(self, name: str) -> Any:
        return getattr(self._below, name)

    def get_object(self, **arguments: Any) -> Any:
        refused = ClientError({"Error": {"Code": "AccessDenied", "Message": "Access Denied"}}, "GetObject")
        if arguments["Key"] in self._denied:
            raise refused
        try:
            return self._below.get_object(**arguments)
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchKey":
                raise
            raise refused from None
