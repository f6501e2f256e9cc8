"""Entry of `./lastmile`: makes the package importable and hands the arguments over."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)

from ops.cli import main  # noqa: E402  (the path has to be set first)

sys.exit(main(sys.argv[1:]))
