"""`python -m billproof_ops` is the `billproof` command."""

from billproof_ops.cli import main

main()
