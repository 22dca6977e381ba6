"""Is a stored post still public? What its platform no longer shows is erased here too."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from pipeline.budget import Cap, Room, set_aside, settle
from pipeline.erasing import erase
from pipeline.errors import ListenError, RateLimited
from pipeline.intake import why_off
from pipeline.passes import outcome_of
from pipeline.sources import Recheck, Source, load
from pipeline.sources.reading import admit
from pipeline.warehouse import ledger
from pipeline.warehouse.leases import held_name
from pipeline.warehouse.posts import mark_rechecked, recheckable, store_edits
from pipeline.workplace import Workplace

# Those overdue for longest first, so that all of them have their turn.
POSTS_A_RUN = 5_000
MODE = "recheck"


def recheck_source(workplace: Workplace, name: str, now: datetime) -> dict[str, Any]:
    """Ask for the live posts of a source that are due, within its budget; returns source, outcome and counts.

    The counts are asked, erased and edited. Raises ListenError where the platform does not answer; an unanswered id is
    never read as gone.
    """
    source = load(name, workplace.settings, workplace.listening)
    why = why_off(workplace, source)
    workplace.settings.require_author_key()
    if why or not source.recheck_batch:
        return {"source": name, "outcome": "off" if why else "cannot be asked", **_nothing()}
    with held_name(workplace.engine, f"recheck:{name}") as ours:
        if not ours:
            return {"source": name, "outcome": "busy", **_nothing()}
        with workplace.engine.begin() as connection:
            waiting_until = ledger.asked_to_wait(connection, name)
            ids = recheckable(connection, name, source.platform, now, POSTS_A_RUN)
        if waiting_until:
            return {"source": name, "outcome": "rate_limited", **_nothing()}
        return recheck_posts(workplace, source, ids, now)


def recheck_posts(workplace: Workplace, source: Source, ids: Sequence[str], now: datetime) -> dict[str, Any]:
    """Ask for these posts, batch by batch, and write the ledger; returns and raises what `recheck_source` does."""
    counts = _nothing()
    if not ids:
        return {"source": source.name, "outcome": "ok", **counts}
    with workplace.engine.begin() as connection:
        run_id = ledger.open_run(connection, source.name, "-", now, MODE, "recheck")
    outcome, detail, retry_at, left = "failed", "it broke off", None, list(ids)
    try:
        while left:
            aside = set_aside(workplace, source, MODE, now, run_id, min(len(left), source.recheck_batch))
            if isinstance(aside, Cap):
                outcome, detail = "exhausted", aside.words
                break
            batch, left = left[: aside.posts], left[aside.posts :]
            _recheck_batch(workplace, source, batch, run_id, aside, counts, now)
        else:
            outcome, detail = "ok", ""
    except ListenError as error:
        outcome, detail = outcome_of(error), str(error)
        retry_at = error.retry_at if isinstance(error, RateLimited) else None
        raise
    finally:
        with workplace.engine.begin() as connection:
            ledger.close_run(connection, run_id, outcome, detail, retry_at)
    return {"source": source.name, "outcome": outcome, **counts}


def _nothing() -> dict[str, int]:
    return {"asked": 0, "erased": 0, "edited": 0}


def _recheck_batch(
    workplace: Workplace,
    source: Source,
    batch: list[str],
    run_id: int,
    aside: Room,
    counts: dict[str, int],
    now: datetime,
) -> None:
    answer = source.recheck(batch)
    with workplace.engine.begin() as connection:
        settle(connection, source, run_id, aside, answer.calls, len(batch) + answer.more_posts)
    if len(answer.gone) * 2 > len(batch):
        answer = _confirmed(workplace, source, answer, run_id, now)
    edited, _ = admit(source, answer.edited, now)
    with workplace.engine.begin() as connection:
        gone = [(source.platform, platform_id) for platform_id in sorted(answer.gone)]
        erased = erase(workplace, connection, gone, "gone", now)
        changed = store_edits(connection, edited, workplace.names)
        mark_rechecked(connection, source.platform, batch, answer.live, now)
    counts["asked"] += len(batch)
    counts["erased"] += erased
    counts["edited"] += changed


def _confirmed(workplace: Workplace, source: Source, answer: Recheck, run_id: int, now: datetime) -> Recheck:
    # An empty answer with status 200 looks like a purge; most of a batch is believed when it is gone twice.
    suspects = sorted(answer.gone)
    aside = set_aside(workplace, source, MODE, now, run_id, len(suspects))
    if isinstance(aside, Cap) or aside.posts < len(suspects):
        return replace(answer, gone=frozenset())
    again = source.recheck(suspects)
    with workplace.engine.begin() as connection:
        settle(connection, source, run_id, aside, again.calls, len(suspects) + again.more_posts)
    return replace(answer, gone=answer.gone & again.gone, live=answer.live | again.live)
