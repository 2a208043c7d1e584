"""The API of the embedded AWS: a call of the fuzzer is signed as who makes it, and passed on."""

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.httpsession import URLLib3Session

from billproof.access.scopes import Client, Scope
from billproof_ops import api
from billproof_ops.local.people import local_identity, signed_in
from billproof_ops.local.server import REGION
from billproof_ops.target import Target
from tests.support.gateway import Answer, bearer, routes
from tests.support.world import EUROPE, INC

_OURS = frozenset({"host", "connection", "authorization", "content-length", "accept-encoding", "transfer-encoding"})
"""Headers that this connection and the signature have of their own."""


def let_in(target: Target, machine: str) -> None:
    """Let a system do in both companies what no person has the scope for: one person publishes it, another confirms."""
    for entity in (INC, EUROPE):
        policy = target.ports.directory.policy(entity)
        client = Client(id=machine, identities=(local_identity(machine),), scopes=tuple(Scope), sources=())
        later = policy.model_copy(update={"version": policy.version + 1, "clients": (client,)})
        api.call(target, api.PUBLISH, later.model_dump(mode="json"), who="ana")
        api.call(target, api.CONFIRM, {"legal_entity": entity, "version": later.version}, who="ben")


class SignedCalls:
    """Passes calls on to the API of a stack."""

    def __init__(self, target: Target, machine: str, credentials: Mapping[str, Credentials]) -> None:
        self.base = f"{os.environ['AWS_ENDPOINT_URL']}/_aws/execute-api/{target.outputs['ApiId']}/$default"
        self.machine, self.credentials, self.routes = machine, credentials, routes()
        self.session = URLLib3Session()

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Sign a request as the person of its token, or as the system where no person has the scope."""
        kept = {name: value for name, value in headers.items() if name not in _OURS}
        request = AWSRequest(method, self.base + target, headers=kept, data=body)
        person = bearer(headers)
        if person is not None:
            by = self.machine if self._is_of_machines(method, urlsplit(target).path) else person
            SigV4Auth(self.credentials[by], "execute-api", REGION).add_auth(request)
        response = self.session.send(request.prepare())
        answered = {name.lower(): value for name, value in response.headers.items()}
        return (
            response.status_code,
            {name: value for name, value in answered.items() if name not in {*_OURS, "date", "server"}},
            response.content,
        )

    def _is_of_machines(self, method: str, path: str) -> bool:
        return any(
            route.is_of_machines
            for route in self.routes
            if route.key.startswith(f"{method} ") and route.path.fullmatch(path)
        )


@contextmanager
def signed_calls(target: Target, machine: str, *people: str) -> Iterator[SignedCalls]:
    """Let the system in, and give calls that these people and the system sign."""
    let_in(target, machine)
    with ExitStack() as keys:
        yield SignedCalls(target, machine, {name: keys.enter_context(signed_in(name)) for name in (machine, *people)})
