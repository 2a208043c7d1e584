"""As much of Stripe Tax as its documentation promises: calculations, transactions, reversals, idempotency."""

import itertools
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

RATES = {"DE": "19", "ES": "21", "NL": "21", "US": "6.25"}
TAXABLE = {"US": "0.8"}  # of Texas


@dataclass
class FakeStripe:
    """What the server knows; the next `failing` calls get a 500, with `after_effect` after their effect."""

    failing: int = 0
    after_effect: bool = False
    calculations: dict[str, dict[str, Any]] = field(default_factory=dict)
    transactions: dict[str, dict[str, Any]] = field(default_factory=dict)
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    base: str = ""
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def answer(self, path: str, params: dict[str, Any], key: str | None) -> tuple[int, dict[str, Any]]:
        if self.failing and not self.after_effect:
            self.failing -= 1
            return 500, error("api_error", "try again")
        if key is not None and key in self.answers:
            found = 200, self.answers[key]
        else:
            found = self.act(path, params)
            if key is not None and found[0] == 200:
                self.answers[key] = found[1]
        if self.failing:
            self.failing -= 1
            return 500, error("api_error", "lost on the way back")
        return found

    def act(self, path: str, params: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        match path:
            case "/v1/tax/calculations":
                return self.calculate(params)
            case "/v1/tax/transactions/create_from_calculation":
                return self.commit(params)
            case "/v1/tax/transactions/create_reversal":
                return self.reverse(params)
        return 404, error("invalid_request_error", f"there is no {path}")

    def calculate(self, params: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        details, (item,) = params["customer_details"], params["line_items"].values()
        address, amount = details["address"], int(item["amount"])
        country = address["country"]
        if amount < 0:
            return 400, error("invalid_request_error", "amount must not be negative")
        seller = params["ship_from_details"]["address"]["country"]
        reason, percent = "standard_rated", RATES.get(country)
        if percent is None:
            reason = "not_supported"
        elif details.get("tax_ids") and country != seller:
            reason = "reverse_charge"
        elif country == "US" and address["state"] != "TX":
            reason = "not_collecting"
        is_taxed = reason == "standard_rated"
        taxable = round(amount * float(TAXABLE.get(country, "1"))) if is_taxed else 0
        tax = int(taxable * float(percent or 0) / 100 + 0.5)
        breakdown = {
            "amount": tax,
            "jurisdiction": {"country": country, "display_name": country, "state": address.get("state")},
            "tax_rate_details": {"display_name": "VAT", "percentage_decimal": percent} if is_taxed else None,
            "taxability_reason": reason,
            "taxable_amount": taxable,
        }
        line = {"id": self.name("tax_li"), "amount": amount, "amount_tax": tax, "tax_breakdown": [breakdown]}
        name = self.name("taxcalc")
        made = {"id": name, "object": "tax.calculation", "line_items": listed(line)}
        self.calculations[name] = made
        return 200, made

    def commit(self, params: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        found = self.calculations.get(params["calculation"])
        if found is None:
            return 400, error("invalid_request_error", "the calculation has expired")
        line = {**found["line_items"]["data"][0], "id": self.name("tax_li")}
        return self.keep(params["reference"], {"line_items": listed(line), "reversal": None})

    def reverse(self, params: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        original = next(each for each in self.transactions.values() if each["id"] == params["original_transaction"])
        (item,) = params["line_items"].values()
        (line,) = original["line_items"]["data"]
        assert item["original_line_item"] == line["id"]
        left = {
            name: line[name] + sum(each["line_items"]["data"][0][name] for each in self.reversals(original["id"]))
            for name in ("amount", "amount_tax")
        }
        if any(left[name] + int(item[name]) < 0 for name in left):
            return 400, error("invalid_request_error", "more than is left")
        back = {"id": self.name("tax_li"), "amount": int(item["amount"]), "amount_tax": int(item["amount_tax"])}
        reversal = {"original_transaction": original["id"]}
        return self.keep(params["reference"], {"line_items": listed(back), "reversal": reversal})

    def keep(self, reference: str, fields: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if reference in self.transactions:
            return 400, error("invalid_request_error", f"the reference {reference} is taken")
        made = {"id": self.name("tax"), "object": "tax.transaction", "reference": reference, **fields}
        self.transactions[reference] = made
        return 200, made

    def reversals(self, transaction: str) -> list[dict[str, Any]]:
        return [
            each
            for each in self.transactions.values()
            if each["reversal"] and each["reversal"]["original_transaction"] == transaction
        ]

    def name(self, kind: str) -> str:
        return f"{kind}_{next(self.numbers)}"


def listed(*items: dict[str, Any]) -> dict[str, Any]:
    return {"object": "list", "data": list(items), "has_more": False}


def error(kind: str, message: str) -> dict[str, Any]:
    return {"error": {"type": kind, "message": message}}


def nested(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """Read `a[b][0]=c` as Stripe does; lists are left as dictionaries of their places."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        *path, last = name.replace("]", "").split("[")
        place = found
        for part in path:
            place = place.setdefault(part, {})
        place[last] = value
    return found


@contextmanager
def served(stripe: FakeStripe) -> Iterator[FakeStripe]:
    """Serve it on a free port of the loopback until the block is left."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            params = nested(parse_qsl(body, keep_blank_values=True))
            status, answer = stripe.answer(self.path, params, self.headers.get("Idempotency-Key"))
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        stripe.base = f"http://127.0.0.1:{server.server_port}"
        try:
            yield stripe
        finally:
            server.shutdown()
