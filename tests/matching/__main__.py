"""`make matching`: a year of 20,000 receipts, other seeds, and a worse mix; results on the screen."""

import argparse
import sys

from tests.matching.mixes import NASTY, USUAL
from tests.matching.play import Score, play
from tests.matching.year import draw_year


def report(title: str, score: Score) -> str:
    """Say what came of a year, by rule and by kind of receipt."""
    people = score.receipts - score.applied
    ties = sum(count for (rule, _), count in score.by_rule.items() if rule == "several-readings")
    lines = [
        (
            f"{title}: {score.receipts} receipts, {100 * score.rate:.2f} % applied without a person, "
            f"{len(score.wrong)} wrong, {people} to people, {ties} of them ties; {score.cpu_seconds:.1f} s of CPU"
        )
    ]
    for name, rows in (("rule", score.by_rule), ("what happened", score.by_kind)):
        lines += [f"  by {name}"]
        lines += [f"    {count:6d}  {key} {outcome}" for (key, outcome), count in sorted(rows.items())]
    return "\n".join(lines)


def main() -> None:
    """Play the years that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--receipts", type=int, default=20_000)
    parser.add_argument("--seeds", type=int, nargs="*", default=[2025, 1, 2, 3])
    parser.add_argument("--show", type=int, default=0)
    asked_for = parser.parse_args()
    wrong = 0
    for title, mix in (("usual", USUAL), ("nasty", NASTY)):
        for seed in asked_for.seeds:
            score = play(draw_year(seed, mix, asked_for.receipts))
            wrong += len(score.wrong)
            sys.stdout.write(f"{report(f'{title}, seed {seed}', score)}\n")
            for labelled, answer in score.wrong:
                sys.stdout.write(f"  WRONG {labelled.label} {labelled.receipt} {answer}\n")
            for labelled, answer in score.people[: asked_for.show]:
                sys.stdout.write(f"  ASKED {labelled.label.kind} {labelled.receipt} {answer}\n")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
