"""The int8 graphs: built from weights and scales, compared with float32, and kept under a name that says from what."""

import hashlib
import os
import tempfile
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.inference import Runtime, Session, open_session

# A change of the graph's shape is a new artefact, whatever it was built from.
BUILD = "1"

Array = NDArray[Any]


@dataclass(frozen=True)
class Recipe:
    """How to build one artefact: `name` and `digest` say of what; `graph(exact)` builds it, exact is float32.

    `inputs` are run through both; `loss(exact, int8)` says how far apart they are, at most `bound`.
    """

    name: str
    digest: str
    graph: Callable[[bool], bytes]
    inputs: Callable[[], Mapping[str, Array]]
    loss: Callable[[Array, Array], float]
    bound: float


class _Kept:
    """A session that is opened when it is run first: few commands need all models, and opening one takes a while."""

    def __init__(self, opened: Callable[[], Session]) -> None:
        self._opened, self._lock = opened, threading.Lock()
        self._session: Session | None = None

    def run(self, inputs: Mapping[str, Array]) -> NDArray[np.float32]:
        """Its output for these inputs."""
        with self._lock:
            session = self._session = self._session or self._opened()
        return session.run(inputs)


def open_artefact(recipe: Recipe, runtime: Runtime, folder: Path | None) -> Session:
    """The int8 session of a recipe, from `folder` where it was kept there before; else built, compared and kept.

    Raises RuntimeError where it is further from float32 than its bound.
    """
    named = f"{recipe.name}-{{digest}}-{runtime.name}-{BUILD}.onnx"
    path = folder / named.format(digest=recipe.digest) if folder else None
    if path is None or not path.is_file():
        return _build(recipe, runtime, path, named)

    def opened() -> Session:
        try:
            return open_session(path.read_bytes(), runtime)
        except (RuntimeError, OSError):
            # Cut short by a full disk, perhaps: what was kept is built anew.
            path.unlink(missing_ok=True)
            return _build(recipe, runtime, path, named)

    return _Kept(opened)


def _build(recipe: Recipe, runtime: Runtime, path: Path | None, named: str) -> Session:
    graph = recipe.graph(False)
    session = open_session(graph, runtime)
    inputs = recipe.inputs()
    exact = open_session(recipe.graph(True), runtime).run(inputs)
    loss = recipe.loss(exact, session.run(inputs))
    if not loss <= recipe.bound:
        raise RuntimeError(f"the int8 {recipe.name} is {loss:.3f} from float32 on {runtime.name}, over {recipe.bound}")
    if path:
        # Where it cannot be kept, it is built at every start.
        with suppress(OSError):
            _keep(path, graph, named.format(digest="*"))
    return session


def digest_of(*parts: bytes) -> str:
    """Ten digits that name these bytes."""
    found = hashlib.sha256()
    for part in parts:
        found.update(hashlib.sha256(part).digest())
    return found.hexdigest()[:10]


def _keep(path: Path, graph: bytes, kin: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "wb") as file:
        file.write(graph)
    Path(part).replace(path)
    # What earlier weights gave is of no use any more.
    for old in set(path.parent.glob(kin)) - {path}:
        old.unlink(missing_ok=True)
