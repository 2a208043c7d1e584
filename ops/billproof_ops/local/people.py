"""People of the embedded stack: an IAM user for each name, with an access key for the time of one call.

Whoever can reach the embedded AWS can be anybody there: it is for trying things out. On AWS people sign with their own
credentials, and no command makes any.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from billproof.adapters.aws.clients import client
from billproof.callers import IAM, Identity
from billproof.ids import canonical_json, name

ACCOUNT = "000000000000"
"""The account of both emulators."""
_MAY_CALL = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}],
}


def local_identity(person: str) -> Identity:
    """Return the identity of a local user; raises InvalidInput for what is no name."""
    return Identity(issuer=IAM, subject=f"arn:aws:iam::{ACCOUNT}:user/{name(person, 'the person')}")


@contextmanager
def signed_in(person: str) -> Iterator[Credentials]:
    """Give the credentials of a local user, who is made where there is none; the key is deleted afterwards."""
    user = name(person, "the person")
    iam = client("iam")
    try:
        iam.create_user(UserName=user)
    except ClientError as error:
        if error.response["Error"]["Code"] != "EntityAlreadyExists":
            raise
    iam.put_user_policy(UserName=user, PolicyName="CallTheApi", PolicyDocument=canonical_json(_MAY_CALL).decode())
    key = iam.create_access_key(UserName=user)["AccessKey"]
    try:
        yield Credentials(key["AccessKeyId"], key["SecretAccessKey"])
    finally:
        iam.delete_access_key(UserName=user, AccessKeyId=key["AccessKeyId"])
