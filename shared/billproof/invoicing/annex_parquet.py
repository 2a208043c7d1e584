"""The annex of an invoice of very many lines as Parquet, beside the CSV: the same rows, with typed columns.

It is made of the CSV: a text is the same one, with the sign that keeps spreadsheets from reading it as a formula.
"""

import csv
import io
import tempfile
from pathlib import Path

from billproof.errors import InvalidInput
from billproof.invoicing.annex import COLUMNS, documents_folder
from billproof.invoicing.model import Invoice, Released

MOST_LINES_AS_CSV_ALONE = 10_000
PARQUET = "application/vnd.apache.parquet"
_DECIMALS = {"quantity": 15, "billed_quantity": 15, "net": 4, "tax": 4, "gross": 4}
"""The decimals of figures: as many as any quantity has, and any amount of a currency (ISO 4217)."""
_TYPES = {
    "line": "INTEGER",
    **dict.fromkeys(("service_start", "service_end"), "DATE"),
    **{name: f"DECIMAL(38, {decimals})" for name, decimals in _DECIMALS.items()},
}
"""The types of columns that are no texts."""


def needs_parquet(invoice: Invoice) -> bool:
    """Say whether an invoice has so many lines that they are given as Parquet, too."""
    return len(invoice.lines) > MOST_LINES_AS_CSV_ALONE


def parquet_name(released: Released) -> str:
    """Return the name of the Parquet file of an annex."""
    return f"{released.number}-lines.parquet"


def parquet_key(released: Released) -> str:
    """Return where the annex of an invoice is as Parquet."""
    return f"{documents_folder(released)}{parquet_name(released)}"


def parquet_of(annex: bytes) -> bytes:
    """Return the lines of an annex as Parquet: decimals, days, and null for what is empty.

    The same annex gives the same bytes with one version of DuckDB. Raises InvalidInput for a figure that the columns
    cannot hold to the last digit.
    """
    import duckdb  # only invoices of very many lines need it

    _refuse_what_would_be_rounded(annex)
    with tempfile.TemporaryDirectory(prefix="billproof-annex-") as folder, duckdb.connect() as database:
        source, target = Path(folder, "lines.csv"), Path(folder, "lines.parquet")
        source.write_bytes(annex)
        database.execute("SET threads = 1")
        rows = database.read_csv(
            str(source),
            columns=dict.fromkeys(COLUMNS, "VARCHAR"),
            header=True,
            sep=",",
            quotechar='"',
            escapechar='"',
            na_values="",
            auto_detect=False,
        )
        typed = ", ".join(f"CAST({name} AS {_TYPES.get(name, 'VARCHAR')}) AS {name}" for name in COLUMNS)
        rows.order("CAST(line AS INTEGER)").project(typed).write_parquet(str(target), compression="zstd")
        return target.read_bytes()


def _refuse_what_would_be_rounded(annex: bytes) -> None:
    """Raise InvalidInput where a figure has more decimals than its column: DuckDB rounds it in silence."""
    for row in csv.DictReader(io.StringIO(annex.decode(), newline="")):
        for name, most in _DECIMALS.items():
            if len(row[name].partition(".")[2]) > most:
                message = f"line {row['line']} of the annex has more than {most} decimals of {name}"
                raise InvalidInput(message)
