"""`python -m lab`: `make lab`."""

import sys

from lab.running import main

sys.exit(main())
