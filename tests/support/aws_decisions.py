"""What people decide and ask for in the chain over moto."""

from typing import Any, Protocol

WAITS_UNDER = "AQCEAAAAKgAAAAMAAAAAAAAAA"


class Decided(Protocol):
    """What plays functions."""

    def call(self, function: str, event: Any) -> Any: ...

    def ask(self, function: str, body: dict[str, Any], by: str | None, **in_path: str) -> Any: ...


def decide(chain: Decided, exception: str) -> None:
    for number in (1, 2, 3):  # the second is a reminder, later ones escalate
        chain.call("await_decision", {"exception": exception, "task_token": f"{WAITS_UNDER}{number}"})
    chain.ask("decide_exception", {"verdict": "approved", "reason": "agreed by telephone"}, "ben", exception=exception)
    chain.call("await_decision", {"exception": exception, "task_token": f"{WAITS_UNDER}4"})
    chain.call("apply_decision", {"exception": exception})


def request_for(invoice: str, name: str, **terms: Any) -> dict[str, Any]:
    reason = {"reason": "billing_error", "note": "agreed by telephone"}
    return {"id": name, "invoice": invoice, **reason, **terms}


def credit(chain: Decided, invoice: str, name: str, **terms: Any) -> None:
    asked = chain.ask("request_credit", request_for(invoice, name, **terms), "ana")
    decide(chain, asked["exception"])
