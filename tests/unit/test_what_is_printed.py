"""What the command prints: what people and sources wrote as it stands, and in one line what a person can correct."""

import pytest
from botocore.parsers import ResponseParserError
from rich.table import Table

from billproof_ops import target as targets
from billproof_ops.consoles import PlainConsole
from billproof_ops.errors import WrongUse
from billproof_ops.printing import to_be_corrected

WRITTEN = ["Acme [/b] GmbH", "[bold", "urn:id:5", "a[0]", "[link=x]y", "[/]", "\\[b]"]


@pytest.fixture
def console() -> PlainConsole:
    return PlainConsole()


@pytest.mark.parametrize("text", [text for text in WRITTEN if text != "[/]"])
def test_what_somebody_wrote_is_printed_as_it_stands(
    text: str, console: PlainConsole, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = Table("Account")
    listed.add_row(text)
    console.print(f"[red]held[/] {text}")
    console.print(listed)
    printed = capsys.readouterr().out
    assert printed.startswith(f"held {text}\n")
    assert printed.count(text) == 2


@pytest.mark.parametrize(
    ("command", "code"),
    [("\x1b]0;paid\x07", "\\x1b]0;paid\\x07"), ("\x9b2J", "\\x9b2J"), ("\u202e", "\\u202e"), ("a\rb", "a\\rb")],
)
def test_nothing_that_a_source_wrote_is_a_command_to_the_terminal(
    command: str, code: str, console: PlainConsole, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = Table("Source")
    listed.add_row(command)
    console.print(command, markup=False)
    console.print(f"[red]held[/] {command}")
    console.print(listed)
    printed = capsys.readouterr().out
    assert command not in printed
    assert printed.count(code) == 3


def test_our_own_tags_are_styles(console: PlainConsole) -> None:
    line = console.render_str("[red]held[/] for [bold]ana[/], not [/b]")
    assert line.plain == "held for ana, not [/b]"
    assert [
        (line.plain[span.start : span.end], span.style) for span in line.spans if span.style in {"red", "bold"}
    ] == [
        ("held", "red"),
        ("ana", "bold"),
    ]


@pytest.mark.parametrize("text", WRITTEN)
def test_without_tags_nothing_is_one(text: str, console: PlainConsole) -> None:
    assert console.render_str(text, markup=False).plain == text


@pytest.mark.parametrize(
    "endpoint",
    ["localhost:4566", "127.0.0.1", "http://", "http://localhost:99999", "ftp://x", "http://h:0", "http://h:x"],
)
def test_an_endpoint_that_is_no_url_is_refused_in_one_line(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    with pytest.raises(WrongUse, match="write a URL such as http://localhost:4566"):
        targets.choose()


@pytest.mark.parametrize("endpoint", ["http://localhost:4566", "https://[::1]:4566/", "http://aws.internal"])
def test_an_endpoint_that_is_a_url_is_taken(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setattr(targets, "use_endpoint", lambda _: None)
    targets.choose()


def test_what_is_no_aws_is_said_in_one_line() -> None:
    said = to_be_corrected(ResponseParserError("Unable to parse response, invalid XML received:\nb'<!DOCTYPE HTML>'"))
    assert said == ("AWS: what answers at the endpoint does not speak as AWS does: is AWS_ENDPOINT_URL right?", 1)
