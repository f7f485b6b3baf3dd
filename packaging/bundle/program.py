"""What a bundle starts: the command line when it is called `parfocal-ml`, else the window.

One program under two names on Linux and macOS; on Windows, where a program has a console or has none, two.
"""

import multiprocessing
import sys
from pathlib import Path


def main() -> int:
    """Run the one that the name says."""
    if Path(sys.argv[0]).stem == "parfocal-ml":
        from ml.__main__ import main as command_line

        command_line()
        return 0
    from viewer.__main__ import main as window

    return window()


if __name__ == "__main__":
    multiprocessing.freeze_support()
    sys.exit(main())
