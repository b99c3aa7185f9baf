"""`python -m twin3d` is the `twin3d` command."""

import sys

from twin3d.cli import main

if __name__ == "__main__":
    sys.exit(main())
