"""Reviews teach: thresholds fitted anew to what people confirmed and rejected, shown, applied and undone.

A version that is inside the policy's bounds is applied by the nightly run, any other by a person; each can be undone.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
from sqlalchemy.engine import Connection

from pipeline.bench import read_calibration, shipped_models
from pipeline.config import POLICY
from pipeline.errors import ConfigError
from pipeline.screening.judges import Models
from pipeline.screening.recalibration import (
    Figures,
    beyond_bounds,
    figures_of,
    recalibrate,
    weigh,
    within_bounds,
)
from pipeline.screening.thresholds import Calibration, threshold_of
from pipeline.sweeping import window_start
from pipeline.warehouse import calibrations as store
from pipeline.workplace import Workplace

# Who applies what is inside the bounds.
STEP = "nightly_review"
_SHOWN = 20


@dataclass(frozen=True)
class Reviewed:
    """What thresholds are fitted to: labels of [since, until) with their weights, and the matches of the window."""

    models: Models
    labels: pd.DataFrame
    matches: pd.DataFrame
    since: datetime
    until: datetime


def fit_to_reviews(workplace: Workplace, now: datetime) -> dict[str, int]:
    """Fit the thresholds to the reviews of the last `calibration_days`, and apply what of them is in bounds.

    Returns how many labels were read, and how many versions were fitted, applied, and wait for a person. The same
    thresholds are not proposed twice beside the same version.
    """
    models, since = shipped_models(), now - timedelta(days=POLICY["calibration_days"])
    with workplace.engine.begin() as connection:
        store.lock_thresholds(connection)
        labels = store.read_labels(connection, models.scored_by, since, now)
        matches = store.promoting_matches(connection, window_start(now), now, POLICY["review_score"])
        reviewed = Reviewed(models, weigh(labels, matches), matches, since, now)
        current = read_calibration(connection, store.version_in_force(connection))
        found = recalibrate(reviewed.labels, current, POLICY)
        inside = Calibration(None, within_bounds(current, found, POLICY))
        applied = waiting = 0
        if _is_news(connection, current, inside):
            fitted = Calibration(_add(connection, reviewed, current, inside, ""), inside.thresholds)
            _put_in_force(connection, "apply", current, fitted, STEP, now, "")
            applied, current = 1, fitted
        beyond = beyond_bounds(current, found, POLICY)
        if beyond and _is_news(connection, current, Calibration(None, found)):
            _add(connection, reviewed, current, Calibration(None, found), beyond)
            waiting = 1
    return {"labels": len(labels), "fitted": applied + waiting, "applied": applied, "waiting": waiting}


def apply_version(workplace: Workplace, version: int, by: str, now: datetime, note: str = "") -> int:
    """Put a version in force; returns how many posts are screened again.

    Raises ConfigError where there is no such version, and where it was fitted beside another than is in force: what
    was shown of it would not be what happens.
    """
    with workplace.engine.begin() as connection:
        fit, current = _fit(connection, version), store.version_in_force(connection)
        if current == version:
            raise ConfigError(f"version {version} is in force")
        if fit["basis"] != current:
            raise ConfigError(
                f"version {version} was fitted beside {_called(fit['basis'])}, and {_called(current)} is in force: "
                "fit again (`auscult calibrate fit`)"
            )
        after = read_calibration(connection, version)
        return _put_in_force(connection, "apply", read_calibration(connection, current), after, by, now, note)


def undo(workplace: Workplace, by: str, now: datetime, note: str = "") -> tuple[int | None, int]:
    """Put the version in force that was so before the present one; returns it and how many posts are screened again.

    Raises ConfigError where no version is in force.
    """
    with workplace.engine.begin() as connection:
        held, before = store.version_before(connection)
        if not held:
            raise ConfigError("nothing to undo: the thresholds are the policy's own")
        current = read_calibration(connection, store.version_in_force(connection))
        again = _put_in_force(connection, "undo", current, read_calibration(connection, before), by, now, note)
    return before, again


def dismiss(workplace: Workplace, version: int, by: str, now: datetime, note: str = "") -> None:
    """Say that a version is not wanted. Raises ConfigError where there is none, and for the one in force."""
    with workplace.engine.begin() as connection:
        _fit(connection, version)
        if store.version_in_force(connection) == version:
            raise ConfigError(f"version {version} is in force: undo it")
        store.add_act(connection, "dismiss", version, by, now, note)


def fits(workplace: Workplace) -> tuple[int | None, list[dict[str, Any]]]:
    """The version in force, and the newest versions with their `thresholds` and `acts`, the newest first."""
    with workplace.engine.begin() as connection:
        found = store.read_fits(connection, _SHOWN)
        whole = [fit | {"thresholds": store.thresholds_of(connection, fit["version"])} for fit in found]
        return store.version_in_force(connection), whole


def _add(connection: Connection, reviewed: Reviewed, current: Calibration, found: Calibration, beyond: str) -> int:
    """Write a version beside what it would change; returns its number."""
    promise = reviewed.models.promise
    before, after = (figures_of(reviewed.labels, one, POLICY, promise) for one in (current, found))
    gained, lost = _alerts_changed(reviewed, current, found)
    fit = {
        "basis": current.version,
        "scored_by": reviewed.models.scored_by,
        "policy_version": POLICY.version,
        "labels": len(reviewed.labels),
        "labels_from": reviewed.since,
        "labels_until": reviewed.until,
        **_named(before, "before"),
        **_named(after, "after"),
        "alerts_gained": gained,
        "alerts_lost": lost,
        "beyond_bounds": beyond,
        "fitted_at": reviewed.until,
    }
    return store.add_fit(connection, fit, _rows(found))


def _is_news(connection: Connection, current: Calibration, found: Calibration) -> bool:
    """Whether it is other than what is in force, and nobody has it before them, dismissed it or undid it."""
    beside = [fit["version"] for fit in store.read_fits(connection, _SHOWN) if fit["basis"] == current.version]
    known = [current, *(read_calibration(connection, version) for version in beside)]
    return all(_scores(one) != _scores(found) for one in known)


def _scores(calibration: Calibration) -> dict[tuple[str, str], tuple[float, bool]]:
    return {pool: (one.score, one.proven) for pool, one in calibration.thresholds.items()}


def _put_in_force(
    connection: Connection, act: str, before: Calibration, after: Calibration, by: str, now: datetime, note: str
) -> int:
    store.lock_thresholds(connection)
    store.add_act(connection, act, after.version, by, now, note)
    return store.screen_again(connection, _moved(before, after), window_start(now))


def _moved(before: Calibration, after: Calibration) -> list[store.Moved]:
    """The pools whose threshold is another, and from which score on."""
    moved = []
    for pool in sorted(before.thresholds.keys() | after.thresholds.keys()):
        was, is_now = before.thresholds.get(pool), after.thresholds.get(pool)
        if was and is_now and (was.score, was.proven) == (is_now.score, is_now.proven):
            continue
        # Without one of its own the pool has the promise's or the policy's, which are no lower than a review's score.
        scores = [one.score for one in (was, is_now) if one] if was and is_now else [POLICY["review_score"]]
        moved.append(store.Moved(*pool, min(scores)))
    return moved


def _alerts_changed(reviewed: Reviewed, before: Calibration, after: Calibration) -> tuple[int, int]:
    """How many matches would alarm and do not, and the other way round; what is not understood stays as it is."""
    spoken = reviewed.matches[reviewed.matches["reason"] != "other_language"]
    pools = set(spoken[["source", "claim_id"]].itertuples(index=False, name=None))
    promise = reviewed.models.promise
    least = {pool: [threshold_of(one, promise, POLICY, *pool).score for one in (before, after)] for pool in pools}
    asked = zip(spoken["source"], spoken["claim_id"], spoken["score"], strict=True)
    counted = Counter(tuple(score >= one for one in least[source, claim]) for source, claim, score in asked)
    return counted[False, True], counted[True, False]


def _rows(calibration: Calibration) -> Iterable[Mapping[str, Any]]:
    for (source, claim_id), one in sorted(calibration.thresholds.items()):
        told = asdict(one)
        yield {"source": source, "claim_id": claim_id, "threshold": told.pop("score"), **told}


def _named(figures: Figures, when: str) -> dict[str, float | None]:
    named = {}
    for entry in fields(figures):
        measure, _, end = entry.name.partition("_")
        named["_".join(part for part in (measure, when, end) if part)] = getattr(figures, entry.name)
    return named


def _fit(connection: Connection, version: int) -> dict[str, Any]:
    known: Sequence[dict[str, Any]] = store.read_fits(connection, 1_000)
    found = next((fit for fit in known if fit["version"] == version), None)
    if found is None:
        raise ConfigError(f"there is no version {version}: `auscult calibrate show` lists them")
    return found


def _called(version: int | None) -> str:
    return "the policy's own numbers" if version is None else f"version {version}"
