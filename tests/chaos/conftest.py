"""The seed of a run that kills, drawn anew each time, and the one line at its end."""

import time

import pytest

from tests.chaos.trials import TOTAL


def pytest_configure(config: pytest.Config) -> None:
    """Draw the seed where none was given."""
    config.option.kill_seed = config.option.kill_seed or int(time.time())


def pytest_unconfigure(config: pytest.Config) -> None:
    """Say what all trials together found, behind everything else that is printed."""
    if TOTAL.kills:
        found = f"lost {TOTAL.lost}, doubled {TOTAL.doubled}, unsent {TOTAL.unsent}, repeats {TOTAL.repeats}"
        writer = config.get_terminal_writer()
        writer.line(f"drawn by --kill-seed {config.option.kill_seed}")
        writer.line(f"kill points {TOTAL.kills}, {found}")
