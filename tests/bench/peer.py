"""The peer's side of the race, run by its own interpreter: `peer.py EVENTS` prints seconds, invoices and total."""

import json
import sys
import time
from pathlib import Path
from typing import Any

from bframelib import Client  # type: ignore[import-not-found] # it has an environment of its own, .bench

ENVIRONMENT = {"org_id": 1, "env_id": 1, "branch_id": 1}
STARTED, ENDED = "'2013-01-01T00:00:00+00:00'", "'2014-01-01T00:00:00+00:00'"


def main(path: str) -> dict[str, object]:
    """Read the events, rate them, and store the invoices of January."""
    client = Client(
        {
            **ENVIRONMENT,
            "rating_as_of_dt": "2013-02-02T00:00:00+00:00",
            "prod_system_dt": "2100-01-01T00:00:00+00:00",
            "rating_range": ["2013-01-01T00:00:00+00:00", "2013-02-01T00:00:00+00:00"],
            "read_mode": "VIRTUAL",
        }
    )
    database = client.con
    database.execute("set TimeZone = 'UTC'; set enable_progress_bar = false")
    with Path(path).open("rb") as events:
        customers = sorted({json.loads(line)["subject"] for line in events})
    _agree(database, customers)
    begun = time.perf_counter()
    database.execute(
        "insert into src.events select 1, 1, 1, id, subject, null, json_object('name', type), time, time "
        "from read_json(?, columns = {id: 'VARCHAR', subject: 'VARCHAR', type: 'VARCHAR', time: 'TIMESTAMPTZ'}, "
        "format = 'newline_delimited')",
        [path],
    )
    database.execute("create table memory.stored (id text, total decimal(38, 2))")
    rows = client.execute("select id, total from bframe.invoices").fetchall()
    database.executemany("insert into memory.stored values (?, ?)", rows)
    seconds = time.perf_counter() - begun
    total = sum(row[1] for row in rows)
    return {"seconds": seconds, "invoices": len(rows), "total": str(total)}


def _agree(database: Any, customers: list[str]) -> None:
    """Store the product, its price, and a customer with a contract for each name."""
    database.execute(
        f"""
        insert into src.organizations (id, name) values (1, 'o');
        insert into src.environments (id, name, org_id) values (1, 'e', 1);
        insert into src.branches (id, name, org_id, env_id) values (1, 'b', 1, 1);
        insert into src.products (id, org_id, env_id, branch_id, name, ptype, event_name, filters, agg_property)
            values (1, 1, 1, 1, 'Calls', 'EVENT', 'flight.departed', '[]', null);
        insert into src.pricebooks (id, org_id, env_id, branch_id, durable_id, prorate, name, invoice_delivery,
            invoice_schedule, effective_at) values (1, 1, 1, 1, 'p', false, 'p', 'ARREARS', 1, {STARTED});
        insert into src.list_prices (id, org_id, env_id, branch_id, price, invoice_delivery, invoice_schedule,
            prorate, product_uid, pricebook_uid) values (1, 1, 1, 1, '0.0125', 'ARREARS', 1, false, 1, 1);
        insert into src.dates values ({STARTED}, '2013-01-31T00:00:00+00:00');
        """
    )
    for number, name in enumerate(customers, start=1):
        database.execute(
            f"insert into src.customers (id, org_id, env_id, branch_id, durable_id, effective_at, name) "
            f"values ({number}, 1, 1, 1, '{name}', {STARTED}, '{name}')"
        )
        database.execute(
            f"insert into src.contracts (id, org_id, env_id, branch_id, durable_id, prorate, started_at, ended_at, "
            f"customer_id, pricebook_id, effective_at, ineffective_at) values ({number}, 1, 1, 1, 'k{number}', false, "
            f"{STARTED}, {ENDED}, '{name}', 'p', {STARTED}, {ENDED})"
        )


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1])) + "\n")
