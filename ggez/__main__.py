"""`python -m ggez`."""

import sys

from ggez.cli import main

sys.exit(main())
