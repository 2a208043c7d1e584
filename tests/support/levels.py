"""How hard the chaos suite and slow properties try: `make chaos N=...`."""

import os
import random

LEVEL = int(os.environ.get("N", "1"))
"""What the number of rounds, examples, pairs and kills is multiplied by."""

SEED = int(os.environ.get("SEED", str(random.randrange(10**6))))
"""What is drawn at random follows from it."""
