import json

from billproof_ops import catalogue
from billproof_ops.schemas import FOLDER, generate


def test_the_schemas_are_those_of_the_models() -> None:
    assert {path.name: path.read_text() for path in FOLDER.glob("*.json")} == generate(), "run 'make schemas'"


def test_amounts_and_quantities_are_text() -> None:
    for path in FOLDER.glob("*.json"):
        assert '"type": "number"' not in json.dumps(json.loads(path.read_text())), path.name


def test_the_page_of_controls_is_that_of_the_catalogue() -> None:
    assert catalogue.PAGE.read_text() == catalogue.page(), "run 'make docs'"
