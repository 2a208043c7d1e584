"""What `Fn::ForEach` of the template stands for, written out by hand."""

from typing import Any

import pytest

from billproof_ops.template import expanded, read_template

CASES: list[tuple[str, Any, Any]] = [
    (
        "a loop is one resource for each name, before and after what stands beside it",
        {"A": 1, "Fn::ForEach::L": ["X", ["P", "Q"], {"${X}Queue": {"Type": "T"}}], "B": 2},
        {"A": 1, "PQueue": {"Type": "T"}, "QQueue": {"Type": "T"}, "B": 2},
    ),
    (
        "a name stands in keys, texts, substitutions and references",
        {
            "Fn::ForEach::L": [
                "X",
                ["P"],
                {"${X}": [{"Ref": "X"}, "a ${X} &{X}", {"Fn::Sub": "${X}-${AWS::StackName}"}]},
            ]
        },
        {"P": ["P", "a P P", {"Fn::Sub": "P-${AWS::StackName}"}]},
    ),
    (
        "a logical id that was put together is a plain one",
        {"Fn::ForEach::L": ["X", ["P"], {"${X}Alarm": {"Fn::GetAtt": [{"Fn::Sub": "${X}Queue"}, "Arn"]}}]},
        {"PAlarm": {"Fn::GetAtt": ["PQueue", "Arn"]}},
    ),
    (
        "a reference by a name that was put together",
        {"Fn::ForEach::L": ["X", ["P"], {"${X}Alarm": {"Ref": {"Fn::Sub": "${X}Queue"}}}]},
        {"PAlarm": {"Ref": "PQueue"}},
    ),
    (
        "loops in loops",
        {"Fn::ForEach::L": ["X", ["P", "Q"], {"Fn::ForEach::M": ["Y", ["1", "2"], {"${X}${Y}": {"Ref": "Y"}}]}]},
        {"P1": "1", "P2": "2", "Q1": "1", "Q2": "2"},
    ),
    (
        "without loops nothing changes",
        {"A": {"Fn::Sub": "${B}", "C": [1, True, None]}},
        {"A": {"Fn::Sub": "${B}", "C": [1, True, None]}},
    ),
]


@pytest.mark.parametrize(("written", "meant"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_loops_are_written_out(written: Any, meant: Any) -> None:
    assert expanded(written, {}) == meant


def test_no_loop_and_no_name_of_one_is_left_in_the_template() -> None:
    template = read_template()
    assert template["Transform"] == "AWS::Serverless-2016-10-31"
    assert len(template["Resources"]) > 90
    serverless = {name: each for name, each in template["Resources"].items() if "Serverless" in each["Type"]}
    made_by_sam = {f"{name}Role" for name in serverless}
    made_by_sam |= {name + event for name, each in serverless.items() for event in each["Properties"].get("Events", {})}
    known = {*template["Parameters"], *template["Resources"], *made_by_sam}

    def walk(part: Any) -> None:
        if isinstance(part, dict):
            assert not any(key.startswith("Fn::ForEach") for key in part)
            if list(part) == ["Ref"]:
                assert part["Ref"] in known or part["Ref"].startswith("AWS::"), part
            for inner in part.values():
                walk(inner)
        elif isinstance(part, list):
            for inner in part:
                walk(inner)

    walk({"Resources": template["Resources"], "Outputs": template["Outputs"]})
