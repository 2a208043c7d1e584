"""`python -m billproof_ops` is the `billproof` command. What needs no AWS does not wait for its libraries."""

import os
import sys

os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # looking for plugins reads every installed package


def main() -> None:
    """Run the command."""
    match sys.argv[1:]:
        case ["price", file] if not file.startswith("--"):
            from billproof_ops.pricing import main as price

            price(file)
        case _:
            from billproof_ops.cli import main as everything

            everything()


if __name__ == "__main__":
    main()
