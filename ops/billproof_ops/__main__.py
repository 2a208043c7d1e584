"""`python -m billproof_ops` is the `billproof` command. What needs no AWS does not wait for its libraries."""

import os
import sys

os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # looking for plugins reads every installed package


def main() -> None:
    """Run the command."""
    if len(sys.argv) == 3 and sys.argv[1] == "price" and not sys.argv[2].startswith("--"):  # noqa: PLR2004 - price FILE
        from billproof_ops.pricing import main as price

        price(sys.argv[2])
    else:
        from billproof_ops.cli import main as everything

        everything()


if __name__ == "__main__":
    main()
