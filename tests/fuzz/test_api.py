"""What schemathesis finds: no 5xx, no answer that is not described, and nothing taken that does not fit.

Chains of requests go by the links of the OpenAPI document, in this process and on the embedded AWS; a chain that never
gets to its second request would find nothing, either.
"""

from billproof_ops.target import Target
from tests.fuzz.calling import MACHINE, chains, in_process, links_followed, single_requests
from tests.fuzz.on_the_stack import signed_calls

LINKS_FOLLOWED = 10
"""Of the links of the document, at least; without sound values it were four."""


def test_schemathesis_finds_nothing_in_single_requests() -> None:
    result = single_requests(in_process())
    assert result.returncode == 0, result.stdout


def test_schemathesis_finds_nothing_in_chains_of_requests() -> None:
    result = chains(in_process())
    assert result.returncode == 0, result.stdout
    assert links_followed(result) >= LINKS_FOLLOWED, result.stdout


def test_schemathesis_finds_nothing_in_chains_of_requests_on_the_embedded_aws(billed: Target) -> None:
    with signed_calls(billed, MACHINE, "ana") as calls:
        result = chains(calls.answer)
    assert result.returncode == 0, result.stdout
    assert links_followed(result) >= LINKS_FOLLOWED, result.stdout
