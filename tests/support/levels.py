"""How hard the chaos suite tries: `make chaos N=...`."""

import os

LEVEL = int(os.environ.get("N", "1"))
"""What the number of rounds, examples, pairs and kills is multiplied by."""
