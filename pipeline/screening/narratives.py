"""From posts and their vectors to narratives: posts that tell one story, under ids that stay. Pure."""

import hashlib
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage  # type: ignore[import-untyped]
from scipy.sparse import coo_matrix  # type: ignore[import-untyped]
from scipy.sparse.csgraph import connected_components  # type: ignore[import-untyped]

from pipeline.config import Policy
from pipeline.screening.likeness import Vectors, Wordings, prepare_wordings

POST_COLUMNS = (
    *("post_id", "platform", "platform_id", "apart", "content_hash", "at", "ingested_at"),
    *("author_hash", "parent_id", "words"),
)
# Rows of the matrix of chances that are in memory at once.
BLOCK = 256
ID_DIGITS = 12

Hours = NDArray[np.float64]
Labels = NDArray[np.int64]


@dataclass(frozen=True)
class Known:
    """The stored narratives: which of them each post is in, when each began, and which hold posts besides these.

    `narrative_of` holds the ids in force (a merged one is named by what it was merged into); `began_at` all that were
    ever given, so that none is given twice.
    """

    narrative_of: Mapping[int, str] = field(default_factory=dict)
    began_at: Mapping[str, datetime] = field(default_factory=dict)
    older_posts: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Found:
    """The narratives of some posts: which each post is in, and which stored ids became another one's."""

    narrative_of: Mapping[int, str]
    merged_into: Mapping[str, str]


def find_narratives(
    posts: pd.DataFrame, texts: Mapping[str, str], vectors: Mapping[str, Vectors], known: Known, policy: Policy
) -> Found:
    """Sort posts into narratives; the order of the rows does not matter.

    `posts` has POST_COLUMNS, one row per post: `at` is when it was written (else stored), `words` how many it has,
    `apart` the platform whose posts may not be grouped with others' ("" for those that may). `texts` and `vectors` hold
    the words and a unit vector by content_hash; a post without them is in no narrative, unless it follows another.
    A cluster that shares posts with stored narratives has the id of the one that began first; where a stored one has
    come apart, the part with its earliest post keeps the id. Raises ValueError where a column is missing.
    """
    if missing := [name for name in POST_COLUMNS if name not in posts.columns]:
        raise ValueError(f"posts lack {', '.join(missing)}")
    posts = posts.sort_values(["ingested_at", "platform", "platform_id"], kind="stable").reset_index(drop=True)
    clusters: list[list[int]] = []
    for _, group in posts.groupby("apart"):
        clusters += _clusters(group, texts, vectors, policy)
    return _named(posts, clusters, known)


def cluster_wordings(wordings: Wordings, chance: float) -> Labels:
    """Which cluster each of n wordings is in, numbered from 0; shape (n,).

    Two wordings are neighbours where the chance that they tell one story is `chance` or more. The connected components
    of that graph are cut by average linkage (Sokal and Michener, 1958), so that one wording between two stories does
    not join them: the mean chance over the pairs that a step joins is `chance` or more. Average linkage never crosses
    a component: all chances between two components are smaller. Ties fall by the order of rows.
    """
    size = len(wordings.vectors)
    if not size:
        return np.empty(0, dtype=np.int64)
    rows, columns = [], []
    for start in range(0, size, BLOCK):
        found = np.nonzero(wordings.chances(slice(start, start + BLOCK)) >= chance)
        rows.append(found[0] + start)
        columns.append(found[1])
    places = np.concatenate(rows), np.concatenate(columns)
    graph = coo_matrix((np.ones(len(places[0]), dtype=bool), places), shape=(size, size))
    count, component = connected_components(graph, directed=False)
    members: list[list[int]] = [[] for _ in range(count)]
    for place, number in enumerate(component):
        members[number].append(place)
    labels, following = np.zeros(size, dtype=np.int64), 0
    for own in members:
        parts = _average_linkage(wordings, np.array(own, dtype=np.int64), chance)
        labels[own] = parts + following
        following += int(parts.max()) + 1
    return labels


def narrative_id(platform: str, platform_id: str) -> str:
    """The id of a narrative by its founder, the earliest stored of its posts: 12 hexadecimal digits."""
    return hashlib.sha256(f"{platform}\x1f{platform_id}".encode()).hexdigest()[:ID_DIGITS]


def _clusters(
    posts: pd.DataFrame, texts: Mapping[str, str], vectors: Mapping[str, Vectors], policy: Policy
) -> list[list[int]]:
    # Rows of `posts` (its index) in each narrative; those of one group of platforms.
    # Alone it says nothing: "same here" under two posts is not one story, and not even one where we lack the posts.
    follows = posts["parent_id"].notna() & (posts["words"] <= policy["narrative_reply_words"])
    told = posts[~follows & posts["content_hash"].isin(vectors.keys() & texts.keys())]
    times = told.groupby("content_hash")["at"].agg(["min", "max"])
    if times.empty:
        return []
    keys = [str(content_hash) for content_hash in times.index]
    wordings = prepare_wordings(
        np.stack([vectors[key] for key in keys]),
        [texts[key] for key in keys],
        _hours(times["min"]),
        _hours(times["max"]),
    )
    labels = cluster_wordings(wordings, policy["narrative_chance"])
    label_of = told["content_hash"].map(dict(zip(keys, labels, strict=True)))
    narratives = []
    for _, rows in told.groupby(label_of):
        if len(rows) >= policy["narrative_posts"] and _voices(rows) >= policy["narrative_voices"]:
            narratives.append([int(row) for row in rows.index])
    return _with_followers(posts[follows], posts, narratives)


def _with_followers(followers: pd.DataFrame, posts: pd.DataFrame, narratives: list[list[int]]) -> list[list[int]]:
    place_of = dict(zip(zip(posts["platform"], posts["platform_id"], strict=True), posts.index, strict=True))
    narrative_at = {row: number for number, rows in enumerate(narratives) for row in rows}
    parents = zip(followers["platform"], followers["parent_id"], strict=True)
    answered = {int(row): place_of.get(key, -1) for row, key in zip(followers.index, parents, strict=True)}
    for row in answered:
        # Up the thread to the first post that stands for itself; a thread that is a ring has none.
        seen, place = {row}, answered[row]
        while place in answered and place not in seen:
            seen.add(place)
            place = answered[place]
        if place in narrative_at and place not in answered:
            narratives[narrative_at[place]].append(row)
    return narratives


def _named(posts: pd.DataFrame, clusters: Iterable[Sequence[int]], known: Known) -> Found:
    # By their earliest posts; rows are numbered in that order.
    ordered = sorted((sorted(cluster) for cluster in clusters), key=lambda cluster: cluster[0])
    post_ids = [int(post_id) for post_id in posts["post_id"]]
    stored = [known.narrative_of.get(post_id) for post_id in post_ids]
    holders: dict[str, int] = {}
    for place, number in sorted((place, number) for number, cluster in enumerate(ordered) for place in cluster):
        if (name := stored[place]) is not None:
            holders.setdefault(name, number)
    held: list[list[str]] = [[] for _ in ordered]
    for name, number in holders.items():
        held[number].append(name)
    names: dict[int, str] = {}
    merged: dict[str, str] = {}
    for number, candidates in enumerate(held):
        if candidates:
            oldest, *younger = sorted(candidates, key=lambda name: (known.began_at[name], name))
            names[number] = oldest
            merged |= dict.fromkeys(younger, oldest)
    taken = {*known.began_at, *holders}
    for number, cluster in enumerate(ordered):
        if number not in names:
            names[number] = _new_id(posts, cluster, taken)
            taken.add(names[number])
    narrative_of = {post_ids[place]: names[number] for number, cluster in enumerate(ordered) for place in cluster}
    for post_id, name in zip(post_ids, stored, strict=True):
        # The others have left the window; what is left of the story is still the story.
        if post_id not in narrative_of and name in known.older_posts:
            narrative_of[post_id] = merged.get(str(name), str(name))
    return Found(narrative_of, merged)


def _new_id(posts: pd.DataFrame, cluster: Sequence[int], taken: set[str]) -> str:
    # Its founder may have founded a narrative that stands elsewhere now; then the next post names it.
    for salt in itertools.count():
        for place in cluster:
            platform, platform_id = str(posts["platform"].iat[place]), str(posts["platform_id"].iat[place])
            if (name := narrative_id(platform, platform_id + "\x1f" * salt)) not in taken:
                return name
    raise AssertionError("there is no end of salts")


def _average_linkage(wordings: Wordings, places: Labels, chance: float) -> Labels:
    size = len(places)
    if size == 1:
        return np.zeros(1, dtype=np.int64)
    # The upper triangle row by row, as linkage takes it; the square would be twice as large.
    distances = np.empty(size * (size - 1) // 2)
    filled = 0
    for start in range(0, size, BLOCK):
        part = 1.0 - wordings.chances(places[start : start + BLOCK], places[start:])
        for number, row in enumerate(part):
            kept = row[number + 1 :]
            distances[filled : filled + len(kept)] = kept
            filled += len(kept)
    tree = linkage(distances, method="average")
    found: Labels = fcluster(tree, 1.0 - chance, criterion="distance").astype(np.int64) - 1
    return found


def _hours(moments: "pd.Series[pd.Timestamp]") -> Hours:
    since = pd.to_datetime(moments, utc=True) - pd.Timestamp(0, tz="UTC")
    hours: Hours = np.asarray(since / pd.Timedelta(hours=1), dtype=np.float64)
    return hours


def _voices(rows: pd.DataFrame) -> int:
    # Posts without a known author may all be by one person, so together they are one voice.
    return int(rows["author_hash"].nunique()) + int(rows["author_hash"].isna().any())
