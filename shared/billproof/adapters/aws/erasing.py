"""Removing the key of a subject's digests from the audit table: the one thing that is ever removed from it.

No function's role may do it: a person's does, with `dynamodb:DeleteItem` on items whose partition begins with `key#`.
"""

from typing import Any

from billproof.adapters.aws.faults import outside
from billproof.audit.keys import key_place


def remove_key(client: Any, table: str, subject: str) -> None:
    """Remove the key of a subject; to remove it again changes nothing."""
    place = key_place(subject)
    with outside("dynamodb"):
        client.delete_item(TableName=table, Key={"partition": {"S": place.partition}, "sort": {"S": place.sort}})
