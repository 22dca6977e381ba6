"""Train the network of the reply linter on the CPU: the upper half of MiniLM and one output a rule, on sentences.

Run as `python -m models.training.train_replies`. What a network says of held drafts is kept in the folder --work:
`--hold FILES` leaves these files of drafts out, to be measured on; without, all are read and the weights are packed.
Then run `python -m pipeline.evaluation.fit_replies`.
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

from models.folding import fold_text
from models.replies import FOLDER, FORM, RULES
from models.sentences import split_sentences
from models.training.reply_examples import (
    WRITTEN,
    Example,
    claim_examples,
    draft_examples,
    files,
    labelled_rows,
    own_post_examples,
)
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

PASSES, SMOOTHING = 5, 0.03
# What the loss of each rule weighs, and that of any: the verdict is what counts.
RULE_SAY, ANY_SAY = 0.5, 2.0
CALIBRATION_TEXTS = 400


def main() -> int:
    """Train on all drafts, or on all but some files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path(".auscult/training"), help="where held logits are kept")
    parser.add_argument("--out", type=Path, default=FOLDER)
    parser.add_argument("--hold", nargs="*", default=[], help="files to leave out and to be read")
    asked = parser.parse_args()
    asked.work.mkdir(parents=True, exist_ok=True)
    tensors = wheel_tensors(FORM)
    drafts = [one for file in files() if file not in asked.hold for one in draft_examples(file)]
    examples = [*drafts, *own_post_examples(), *claim_examples()]
    model = _train(examples, tensors)
    for file in asked.hold:
        texts = [text for row in labelled_rows(WRITTEN / "linter" / f"{file}.jsonl") for text in _read(row["text"])]
        np.save(asked.work / f"replies_held_{file}.npy", read_texts(model, texts, tensors, FORM))
    if not asked.hold:
        pack(model, asked.out / f"{FORM.name}.safetensors")
        measure(FORM, random.Random(SEED).sample([one.text for one in examples], CALIBRATION_TEXTS), asked.out)
    return 0


def _read(text: str) -> list[str]:
    """A draft as the linter reads it: the whole, and its sentences."""
    return [fold_text(one) for one in (text, *(text[part.start : part.end] for part in split_sentences(text)))]


def _train(examples: Sequence[Example], tensors: State) -> Upper:
    course = Course(PASSES, lambda _: list(range(len(examples))))
    return train_upper([one.text for one in examples], _loss(examples), course, tensors, FORM)


def _loss(examples: Sequence[Example]) -> Loss:
    broken = torch.tensor([one.broken for one in examples]) * (1 - 2 * SMOOTHING) + SMOOTHING
    worth = torch.tensor([one.worth for one in examples])
    worth *= torch.tensor([*(RULE_SAY for _ in RULES), ANY_SAY])

    def loss_of(logits: Tensor, batch: list[int]) -> Tensor:
        losses = functional.binary_cross_entropy_with_logits(logits, broken[batch], worth[batch], reduction="none")
        return losses.sum(1).mean()

    return loss_of


if __name__ == "__main__":
    sys.exit(main())
