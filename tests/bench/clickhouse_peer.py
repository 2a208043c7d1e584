"""ClickHouse's side, run by its own interpreter: `clickhouse_peer.py FILES` prints seconds of CPU and the sums.

Of the copies of an event the first received is kept, as ours does: argMin, by the aggregation that a ReplacingMergeTree
or a meter of ClickHouse does when it is read. Nothing else is checked.
"""

import json
import sys
import time

from chdb import session  # type: ignore[import-not-found] # it has an environment of its own, .bench

QUERY = """
select account, sum(toDecimal128(JSONExtractString(kept, 'distance'), 15)) as distance, count() as events
from (
    select account, argMin(data, (received_at, position)) as kept
    from file('{files}', 'JSONEachRow',
        'source String, id String, subject String, received_at String, position UInt64, data String', 'zstd')
    group by source, id, subject as account
)
group by account order by account format JSONEachRow
settings output_format_json_quote_decimals = 1, input_format_json_read_objects_as_strings = 1
"""


def main(files: str) -> dict[str, object]:
    """Sum the distance by account, each event once; the first query warms up."""
    with session.Session() as opened:
        opened.query("select 1")
        query = QUERY.format(files=files)
        opened.query(query)
        started = time.process_time()
        answer = opened.query(query).bytes()
        seconds = time.process_time() - started
    return {"seconds": seconds, "sums": [json.loads(line) for line in answer.splitlines()]}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1])) + "\n")
