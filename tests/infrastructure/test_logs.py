"""Log lines hold numbers and named texts; what is private is noticed in them."""

import pytest

from billproof.logged import log_fields
from tests.support.leaks import leaks, private_texts


@pytest.mark.parametrize(
    "text",
    ["ap@ua.example", "AQCEAAAAKgAAAAMAAAAAAAAAAQ", "rk_test_1", *sorted(private_texts())[:3]],
)
def test_a_leak_is_noticed(text: str) -> None:
    assert leaks(f'{{"note": "about {text}"}}') == {text}


def test_only_numbers_and_named_texts_are_logged() -> None:
    fields = {"run_id": "r", "accounts": 3, "task_token": "t", "reason": "x", "mailed_to": "a@b.example", "held": None}
    assert log_fields(fields) == {"run_id": "r", "accounts": 3}
