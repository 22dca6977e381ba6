"""The field's open recipe, as a baseline in the same run: cosine to one claim sentence and two fixed cut-offs.

After Alegre and Check (Meedan): .95 matches by itself, .75 is suggested to a person. It knows no stance.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.evaluation.labelled import LabelledPost
from pipeline.screening.judges import Judge, Vectors

ALERT, REVIEW = 0.95, 0.75
TOP = 10


def peer_rows(posts: Sequence[LabelledPost], judge: Judge) -> pd.DataFrame:
    """Rows as `judged_rows` makes them, with the cosine as score and every match taken for a promotion."""
    index = judge.index
    cosines, order = ranked_cosines([post.text for post in posts], judge)
    cosines = np.clip(cosines, 0, 1)
    rows = []
    for number, (post, ranked) in enumerate(zip(posts, order, strict=True)):
        for rank, position in enumerate(ranked, start=1):
            claim_id = index.claims[position].claim_id
            if rank > TOP and claim_id not in post.labels:
                continue
            score = float(cosines[number, position])
            decision = "alert" if score >= ALERT else "review" if score >= REVIEW else "none"
            told = {"stance": "promotes", "decision": decision, "label": post.label(claim_id), "kind": post.kind}
            rows.append({"post": number, "claim_id": claim_id, "rank": rank, "p_match": score, "score": score, **told})
    return pd.DataFrame(rows)


def ranked_cosines(texts: Sequence[str], judge: Judge) -> tuple[Vectors, NDArray[np.int64]]:
    """Cosine of each text to each claim sentence, shape (texts, claims), and the claims' positions, nearest first."""
    sentences = judge.index.vectors[judge.index.starts[:-1]]
    cosines = judge.models.encoder.encode(texts) @ sentences.T
    return cosines, (-cosines).argsort(axis=1, kind="stable")
