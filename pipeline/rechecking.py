"""Is a stored post still public? What its platform no longer shows is erased here too."""

from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from pipeline.intake import why_off
from pipeline.privacy.pseudonyms import author_hash
from pipeline.sources import Recheck, Source, load
from pipeline.sources.reading import admit
from pipeline.warehouse.erasure import erase_posts
from pipeline.warehouse.leases import held_name
from pipeline.warehouse.posts import mark_rechecked, recheckable, store_edits
from pipeline.workplace import Workplace

# New posts first, then those asked for longest ago, so that all of them have their turn.
POSTS_A_NIGHT = 5_000
MANY_GONE = 10


def recheck_source(workplace: Workplace, name: str, now: datetime) -> dict[str, Any]:
    """Ask for live posts of a source, POSTS_A_NIGHT at most; returns source, outcome, asked, erased and edited.

    Raises ListenError where the platform does not answer; an unanswered id is never read as gone.
    """
    source = load(name, workplace.settings, workplace.listening)
    why = why_off(workplace, source)
    pseudonym = partial(author_hash, workplace.settings.require_author_key())
    counts = {"asked": 0, "erased": 0, "edited": 0}
    if why or not source.recheck_batch:
        return {"source": name, "outcome": "off" if why else "cannot be asked", **counts}
    with held_name(workplace.engine, f"recheck:{name}") as ours:
        if not ours:
            return {"source": name, "outcome": "busy", **counts}
        with workplace.engine.begin() as connection:
            ids = recheckable(connection, source.platform, now, POSTS_A_NIGHT)
        for start in range(0, len(ids), source.recheck_batch):
            batch = ids[start : start + source.recheck_batch]
            answer = _asked(source, batch)
            edited, _ = admit(source, answer.edited, now)
            with workplace.engine.begin() as connection:
                gone = [(source.platform, platform_id) for platform_id in sorted(answer.gone)]
                counts["erased"] += erase_posts(connection, gone, "gone", now)
                counts["edited"] += store_edits(connection, edited, pseudonym)
                mark_rechecked(connection, source.platform, batch, now)
            counts["asked"] += len(batch)
    return {"source": name, "outcome": "ok", **counts}


def _asked(source: Source, batch: list[str]) -> Recheck:
    answer = source.recheck(batch)
    if len(answer.gone) < MANY_GONE or len(answer.gone) * 2 <= len(batch):
        return answer
    # An empty answer with status 200 looks like a purge; so many are believed when they are gone twice.
    again = source.recheck(sorted(answer.gone))
    return replace(answer, gone=answer.gone & again.gone, live=answer.live | again.live)
