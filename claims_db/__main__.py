"""Check the claims from the command line: `python -m claims_db [FOLDER]`; exit status 1 means problems."""

import sys
from pathlib import Path

from claims_db.loader import DEFAULT_FOLDER, check_claims, load_claims


def main(arguments: list[str]) -> int:
    """Print every problem in the folder, or how many claims it holds; returns the exit status."""
    folder = Path(arguments[0]) if arguments else DEFAULT_FOLDER
    problems = check_claims(folder)
    for problem in problems:
        print(problem)
    if not problems:
        print(f"{len(load_claims(folder))} claims, no problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
