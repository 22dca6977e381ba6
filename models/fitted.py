"""Regressions as files: the same check for all of them, that a file was fitted on the features it is asked for."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def read_fit(path: Path, features: Sequence[str]) -> dict[str, Any]:
    """What a file of weights holds. Raises ValueError where it was fitted on other features."""
    stored: dict[str, Any] = json.loads(path.read_text())
    if tuple(stored["features"]) != tuple(features):
        raise ValueError(f"{path.name} was fitted on {stored['features']}, not on {list(features)}")
    return stored
