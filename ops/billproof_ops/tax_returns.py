"""Tax returns, for the command: the figures of a month, and what each comes from as CSV."""

from collections.abc import Iterable
from pathlib import Path

from billproof.model import Model
from billproof.money import Money
from billproof.periods import Period
from billproof.returns.model import DeclaredLine, ReturnFigure, SalesListRow, TaxReturn
from billproof.returns.stating import ReturnSources, state_return
from billproof.sheets import Sheet
from billproof_ops.errors import WrongUse
from billproof_ops.target import Target


def tax_return(target: Target, entity: str, month: str) -> TaxReturn:
    """Return the figures of a month, such as 2013-01; raises InvalidPeriod for what is none."""
    ports = target.ports
    sources = ReturnSources(ports.directory, ports.register, ports.erps, ports.objects, ports.cash_book)
    return state_return(entity, Period.month(month), sources)


def write_csv(stated: TaxReturn, folder: Path) -> list[Path]:
    """Write figures.csv, sales-list.csv and lines.csv into a folder, and return their names; raises WrongUse."""
    tables: dict[str, tuple[type[Model], Iterable[Model]]] = {
        "figures.csv": (ReturnFigure, stated.figures),
        "sales-list.csv": (SalesListRow, stated.sales_list),
        "lines.csv": (DeclaredLine, stated.lines),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, (kind, rows) in tables.items():
            with (folder / name).open("w", newline="") as file:
                sheet = Sheet(file)
                fields = list(kind.model_fields)
                sheet.add([*fields, "currency"])
                sheet.add_all([*(_text(getattr(row, field)) for field in fields), stated.currency] for row in rows)
    except OSError as error:
        message = f"{folder} cannot be written: {error.strerror}"
        raise WrongUse(message) from None
    return [folder / name for name in tables]


def _text(value: object) -> str:
    return value.text.replace(",", "") if isinstance(value, Money) else str(value)
