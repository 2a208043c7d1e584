"""Other prices are tried on the customer's page: the year as it is, and as it would have been."""

from playwright.sync_api import expect

from tests.support.desk import Desk


def test_a_price_is_changed_and_the_year_shows_what_it_would_have_come_to(desk: Desk) -> None:
    """FL flew 95 times in January: one package of 100 for 110.00, and for 132.50 if that were the price."""
    desk.begin("carla")
    desk.open("/customers/FL")
    desk.press("Try other prices")
    price = desk.page.get_by_label("Flights handled: package price")
    expect(price).to_have_value("110")
    expect(desk.page.get_by_role("button", name="See the year")).to_be_disabled()
    price.fill("132.50")
    desk.press("See the year")
    desk.sees("That is all of the year.")
    rows = desk.page.get_by_role("region", name="What if").get_by_role("row")
    assert rows.count() == 14  # a head, twelve months, and the sum
    january, year = (rows.nth(number).inner_text().split("\t") for number in (12, 13))
    assert january == ["January 2013", "110.00 USD", "132.50 USD", "22.50 USD"]
    assert year == ["Together", *january[1:]]
    assert desk.world.directory.contracts("FL")[0].version == 1
    assert desk.serious_troubles() == []


def test_a_price_that_is_none_is_refused_in_words(desk: Desk) -> None:
    desk.begin("carla")
    desk.open("/customers/FL")
    desk.press("Try other prices")
    desk.page.get_by_label("Flights handled: package price").fill("a lot")
    desk.press("See the year")
    expect(desk.page.get_by_role("alert")).to_contain_text("exact decimal")
