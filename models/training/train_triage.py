"""Train the triage network on the CPU: the upper half of MiniLM and four heads, on written posts and NHS comments.

Run as `python -m models.training.train_triage`; AUSCULT_RESEARCH_DATA must name the research sets. Networks and what
they say of held posts are kept in the folder --work: `--hold W` leaves writer W out, to be measured on; without, all
posts are read and the weights are packed. Then run `python -m models.training.fit_triage`.
"""

import argparse
import random
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from models.training.examples import research_folder
from models.training.nhs_feedback import nhs_comments
from models.training.triage_examples import UNKNOWN, Example, comment_examples, writers, written_examples
from models.training.upper_half import (
    SEED,
    Course,
    Loss,
    State,
    Upper,
    measure,
    pack,
    read_texts,
    train_upper,
    wheel_tensors,
)
from models.triage import FOLDER, FORM, QUESTIONS, columns

PASSES, SMOOTHING = 5, 0.05
# NHS comments of a pass, drawn anew for each from a pool.
COMMENTS, COMMENTS_POOL = 1000, 5000
# What a question's loss weighs, and rare answers in it: press, job and mixed are few.
SAY = {"category": 1.0, "theme": 1.0, "tone": 0.7, "urgency": 2.0}
RARE = {"category": (1, 0.8, 0.9, 2.2, 2.2, 0.9), "tone": (1.2, 0.8, 1.8, 0.9)}
CALIBRATION_TEXTS = 400


def train(posts: Sequence[Example], comments: Sequence[Example], tensors: State) -> Upper:
    """PASSES over the posts and over new comments in each."""
    examples = [*posts, *comments]
    some = min(COMMENTS, len(comments))

    def draw(chance: random.Random) -> list[int]:
        drawn = [len(posts) + place for place in chance.sample(range(len(comments)), some)]
        return [*range(len(posts)), *drawn]

    course = Course(PASSES, draw)
    return train_upper([one.text for one in examples], _loss(examples), course, tensors, FORM)


def main() -> int:
    """Train on all posts, or on all but one writer's."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path(".auscult/training"), help="where held logits are kept")
    parser.add_argument("--out", type=Path, default=FOLDER)
    parser.add_argument("--hold", default="", help="a writer to leave out and to be read")
    asked = parser.parse_args()
    research = research_folder()
    if research is None:
        print("skipped: AUSCULT_RESEARCH_DATA names no folder with the research sets", file=sys.stderr)
        return 0
    asked.work.mkdir(parents=True, exist_ok=True)
    tensors, chance = wheel_tensors(FORM), random.Random(SEED)
    posts = [post for writer in writers() if writer != asked.hold for post in written_examples(writer)]
    comments = chance.sample(comment_examples(nhs_comments(research, "training")), COMMENTS_POOL)
    model = train(posts, comments, tensors)
    held = comment_examples(nhs_comments(research, "held"))
    texts = [one.text for one in (written_examples(asked.hold) if asked.hold else [])]
    name = f"triage_held_{asked.hold}" if asked.hold else "triage_all"
    np.savez(
        asked.work / f"{name}.npz",
        posts=read_texts(model, texts, tensors, FORM),
        comments=_comments(model, held, tensors),
    )
    if not asked.hold:
        pack(model, asked.out / "triage.safetensors")
        sampled = chance.sample([one.text for one in (*posts, *comments)], CALIBRATION_TEXTS)
        measure(FORM, sampled, asked.out)
    return 0


def _comments(model: Upper, held: Sequence[Example], tensors: State) -> np.ndarray:
    return read_texts(model, [one.text for one in held], tensors, FORM)


def _loss(examples: Sequence[Example]) -> Loss:
    known = torch.tensor([one.answers for one in examples])

    def loss_of(logits: Tensor, batch: list[int]) -> Tensor:
        answers, total = known[batch], torch.zeros(())
        for place, (question, names) in enumerate(QUESTIONS.items()):
            told = answers[:, place] != UNKNOWN
            if told.any():
                rare = torch.tensor(RARE.get(question, (1.0,) * len(names)))
                asked, right = logits[told, columns(question)], answers[told, place]
                losses = functional.cross_entropy(asked, right, rare, reduction="sum", label_smoothing=SMOOTHING)
                total = total + SAY[question] * losses / len(answers)
        return total

    return loss_of


if __name__ == "__main__":
    sys.exit(main())
