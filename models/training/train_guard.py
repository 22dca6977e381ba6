"""Train the guard's network on the CPU: the upper half of MiniLM and one head, on own posts, drafts and claims.

Run as `python -m models.training.train_guard --hold W` for each writer W of development posts, which keeps what the
network says of that writer's posts in the folder --work; without --hold all posts are read and the weights are packed.
Then run `python -m pipeline.evaluation.fit_guard WORK`.
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

from models.guard import FOLDER, FORM, units_of
from models.training.guard_examples import Example, Row, aside_examples, writers, written_examples, written_rows
from models.training.upper_half import SEED, Course, Loss, measure, pack, read_texts, train_upper, wheel_tensors

PASSES, SMOOTHING = 4, 0.05
CALIBRATION_TEXTS = 400


def main() -> int:
    """Train on all posts, or on all but one writer's."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path(".auscult/training"), help="where held logits are kept")
    parser.add_argument("--out", type=Path, default=FOLDER)
    parser.add_argument("--hold", default="", help="a writer to leave out and to be read")
    asked = parser.parse_args()
    asked.work.mkdir(parents=True, exist_ok=True)
    rows = [row for writer in writers() if writer != asked.hold for row in written_rows(writer)]
    examples, tensors = [*written_examples(rows), *aside_examples()], wheel_tensors(FORM)
    course = Course(PASSES, lambda _: list(range(len(examples))))
    model = train_upper([one.text for one in examples], _loss(examples), course, tensors, FORM)
    if asked.hold:
        found = read_texts(model, held_units(written_rows(asked.hold)), tensors, FORM)
        np.savez(asked.work / f"guard_held_{asked.hold}.npz", logits=found)
    else:
        pack(model, asked.out / f"{FORM.name}.safetensors")
        sampled = random.Random(SEED).sample([one.text for one in examples], CALIBRATION_TEXTS)
        measure(FORM, sampled, asked.out)
    return 0


def held_units(rows: Sequence[Row]) -> list[str]:
    """What is read of posts, one post after another."""
    return [unit for row in rows for unit in units_of(row["text"])]


def _loss(examples: Sequence[Example]) -> Loss:
    answers, says = torch.tensor([one.answer for one in examples]), torch.tensor([one.say for one in examples])

    def loss_of(logits: Tensor, batch: list[int]) -> Tensor:
        losses = functional.cross_entropy(logits, answers[batch], reduction="none", label_smoothing=SMOOTHING)
        return (losses * says[batch]).sum() / says[batch].sum()

    return loss_of


if __name__ == "__main__":
    sys.exit(main())
