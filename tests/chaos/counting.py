"""The seed of a run that kills, drawn anew each time, and the one line at its end; a plugin of pytest.

Where tests run in several processes, each gets the same seed and hands its part of the sum to the one that began.
"""

import time
from dataclasses import asdict
from typing import Any

import pytest

from tests.chaos.tables import Verdict

# What all trials of this session found.
TOTAL = Verdict()
_SENT_AS = "auscult_trials"


def pytest_configure(config: pytest.Config) -> None:
    """Draw the seed where none was given."""
    config.option.kill_seed = config.option.kill_seed or int(time.time())


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand over what the trials of this process found, where it is one of several."""
    if (output := _output_of(session.config)) is not None:
        output[_SENT_AS] = asdict(TOTAL)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Add what another process found."""
    if found := getattr(node, "workeroutput", {}).get(_SENT_AS):
        TOTAL.add(Verdict(**found), found["kills"])


def pytest_unconfigure(config: pytest.Config) -> None:
    """Say what all trials together found, behind everything else that is printed."""
    if TOTAL.kills and _output_of(config) is None:
        found = f"lost {TOTAL.lost}, doubled {TOTAL.doubled}, unsent {TOTAL.unsent}, repeats {TOTAL.repeats}"
        writer = config.get_terminal_writer()
        writer.line(f"drawn by --kill-seed {config.option.kill_seed}")
        writer.line(f"kill points {TOTAL.kills}, {found}")


def _output_of(config: pytest.Config) -> dict[str, Any] | None:
    """What this process hands to the one that began; None where it is that one."""
    found: dict[str, Any] | None = getattr(config, "workeroutput", None)
    return found
