"""Links to objects of an S3 bucket, signed by the function's role."""

from typing import Any

from billproof.adapters.aws.faults import outside


class S3FileLinks:
    """Presigned links to the objects of one bucket: no longer good than the role's own credentials."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def link(self, key: str, *, file_name: str, seconds: int) -> str:
        """Return the address of an object, which it is saved from under a name, and which ends after some seconds."""
        disposition = f'attachment; filename="{file_name}"'
        wanted = {"Bucket": self._bucket, "Key": key, "ResponseContentDisposition": disposition}
        with outside("s3"):
            return str(self._client.generate_presigned_url("get_object", Params=wanted, ExpiresIn=seconds))
