"""A legal entity whose payers say as CSV what a payment pays."""

from billproof.masterdata.csv_files import CsvAdviceFormat
from tests.support.world import INC, World

FORMAT = CsvAdviceFormat.model_validate(
    {
        "id": "plain",
        "encoding": "utf-8",
        "delimiter": ",",
        "decimal_sign": ".",
        "day_format": "YYYY-MM-DD",
        "currency": "USD",
        "columns": {"payment": "Payment", "paid_on": "Day", "number": "Invoice", "amount": "Amount"},
    }
)
WITH_TOTALS = FORMAT.model_copy(
    update={"id": "totals", "columns": FORMAT.columns.model_copy(update={"total": "Total"})}
)


def with_advices(world: World) -> World:
    entity = world.directory.legal_entity(INC)
    world.publish(entity.model_copy(update={"version": entity.version + 1, "csv_advices": (FORMAT, WITH_TOTALS)}))
    return world
