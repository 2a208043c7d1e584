"""Where figures are kept: objects that are added and never edited.

    insights/figures/legal_entity=<entity>/day=<day>/figures.parquet    a day that is over
    insights/standing/<entity>/<day>-<blocks>.json.zst                  what is under way, after so many blocks
    insights/exposure/<entity>/<day>.json                               unbilled usage, measured as the day ended

A day is written once. Whoever computes it again, from the first block or from a standing, comes to the same figures.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from backports import zstd

from billproof.errors import NotFound, ObjectUnreadable
from billproof.events.ports import Positions
from billproof.insights.figures import FigureRow
from billproof.insights.standing import ProcessStanding
from billproof.ports import Objects

AT_ONCE = 8
"""Days that are fetched at the same time."""
MOST_DAYS = 800
"""Days that one report reads."""
_STEPS = 10**10
"""More blocks than a legal entity has: so a later standing has a higher number, by its day and then its blocks."""
_COLUMNS = (
    "figure varchar, divided_by varchar, part varchar, currency varchar, tenths integer, number bigint, "
    "amount decimal(38, 15)"
)
_READ = "select figure, divided_by, part, currency, tenths, number, amount from read_parquet(?)"


def figures_key(entity: str, day: date) -> str:
    """Return where the figures of a day are."""
    return f"insights/figures/legal_entity={entity}/day={day}/figures.parquet"


def exposure_key(entity: str, day: date) -> str:
    """Return where the unbilled usage at the end of a day is."""
    return f"insights/exposure/{entity}/{day}.json"


def keep_day(objects: Objects, entity: str, day: date, rows: tuple[FigureRow, ...]) -> bool:
    """Keep a day; False where it is kept."""
    return objects.create(figures_key(entity, day), parquet_of(rows), content_type="application/vnd.apache.parquet")


def parquet_of(rows: tuple[FigureRow, ...]) -> bytes:
    """Return rows as Parquet, one for each row in their order."""
    import duckdb  # it is loaded where something is kept or reported

    with TemporaryDirectory(prefix="billproof-") as folder, duckdb.connect() as database:
        path = Path(folder) / "figures.parquet"
        database.execute("set threads = 1")
        database.execute(f"create table rows ({_COLUMNS})")
        if rows:
            values = [[*row.key, row.number, f"{row.amount:f}"] for row in rows]
            database.executemany("insert into rows values (?, ?, ?, ?, ?, ?, cast(? as decimal(38, 15)))", values)
        database.execute(f"copy rows to '{path}' (format parquet, compression zstd)")
        return path.read_bytes()


def read_day(objects: Objects, entity: str, day: date) -> tuple[FigureRow, ...]:
    """Return the figures of a day that is kept; raises NotFound, and ObjectUnreadable where it is not Parquet."""
    import duckdb

    key = figures_key(entity, day)
    try:
        return _rows_in(objects.get(key))
    except duckdb.Error:
        raise ObjectUnreadable(key) from None


def _rows_in(content: bytes) -> tuple[FigureRow, ...]:
    import duckdb

    with TemporaryDirectory(prefix="billproof-") as folder, duckdb.connect() as database:
        path = Path(folder) / "figures.parquet"
        path.write_bytes(content)
        return tuple(
            FigureRow(
                figure=figure, by=by, of=of, currency=currency, tenths=tenths, number=number, amount=_plain(amount)
            )
            for figure, by, of, currency, tenths, number, amount in database.execute(_READ, [str(path)]).fetchall()
        )


def _plain(amount: Decimal) -> Decimal:
    """Return a decimal without the zeros that the column adds."""
    return amount.quantize(Decimal(1)) if amount == amount.to_integral_value() else amount.normalize()


def read_days(objects: Objects, entity: str, first: date, last: date) -> Iterator[tuple[date, tuple[FigureRow, ...]]]:
    """Yield the days that are kept, in their order, with their figures."""
    known = set(objects.keys(f"insights/figures/legal_entity={entity}/"))
    whole = (first + timedelta(days=number) for number in range(min((last - first).days + 1, MOST_DAYS)))
    days = [day for day in whole if figures_key(entity, day) in known]

    def read(day: date) -> tuple[FigureRow, ...] | None:
        try:
            return read_day(objects, entity, day)
        except NotFound:
            return None

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for day, rows in zip(days, pool.map(read, days), strict=True):
            if rows is not None:
                yield day, rows


class StandingBook:
    """The last standing of each legal entity: its number is kept among the positions, which only grow."""

    def __init__(self, objects: Objects, positions: Positions) -> None:
        self._objects = objects
        self._positions = positions

    def last(self, entity: str) -> ProcessStanding | None:
        """Return the last standing that is kept.

        None where there is none, or it was removed or does not read: whoever asks begins anew, and comes to the same.
        """
        number = self._positions.get(_name(entity))
        if number is None:
            return None
        try:
            packed = self._objects.get(_standing_key(entity, number))
            return msgspec.json.decode(zstd.decompress(packed), type=ProcessStanding)
        except (NotFound, zstd.ZstdError, msgspec.DecodeError):
            return None

    def keep(self, standing: ProcessStanding) -> None:
        """Keep a standing; the same one again changes nothing."""
        if standing.day is None:
            return
        number = standing.day.toordinal() * _STEPS + standing.blocks
        packed = zstd.compress(msgspec.json.encode(standing, order="deterministic"))
        self._objects.create(_standing_key(standing.legal_entity, number), packed, content_type="application/zstd")
        self._positions.advance(_name(standing.legal_entity), number)


class Measurings:
    """When what is not billed yet was last measured of each legal entity, among the positions."""

    def __init__(self, positions: Positions, every: Callable[[], timedelta | None]) -> None:
        self._positions = positions
        self._every = every

    def is_due(self, entity: str, now: datetime) -> bool:
        """Say whether it is to be measured again."""
        every, last = self._every(), self._positions.get(f"unbilled {entity}")
        return every is not None and (last is None or now.timestamp() >= last + every.total_seconds())

    def is_kept(self, entity: str, day: date) -> bool:
        """Say whether what was not billed as a day ended is kept, or was not to be."""
        return self._every() is None or (self._positions.get(f"exposed {entity}") or 0) >= day.toordinal()

    def keeps(self, entity: str, day: date) -> None:
        """Note that it is."""
        self._positions.advance(f"exposed {entity}", day.toordinal())

    def began(self, entity: str, now: datetime) -> None:
        """Note that it is being measured: who measures again waits, whether it works or not."""
        self._positions.advance(f"unbilled {entity}", int(now.timestamp()))


def _name(entity: str) -> str:
    return f"insights {entity}"


def _standing_key(entity: str, number: int) -> str:
    day, blocks = divmod(number, _STEPS)
    return f"insights/standing/{entity}/{date.fromordinal(day)}-{blocks:010d}.json.zst"
