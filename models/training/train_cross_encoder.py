"""Train the cross-encoder on the CPU: to infer, to read the corpus, to read any post with any claim.

Run as `python -m models.training.train_cross_encoder`; AUSCULT_RESEARCH_DATA must name the research sets. What a part
of it leaves is kept in the folder --work, and a later call goes on from there. What ships is the mean of the weights
after the second and the third part (after Izmailov et al., 2018): better here than either.
"""

import argparse
import math
import random
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import AutoModel, AutoTokenizer, PreTrainedTokenizerBase

from models.cross_encoder import MAX_TOKENS, RELATIONS, WEIGHTS
from models.encoder import load_encoder
from models.training.examples import research_folder
from models.training.pack import pack
from models.training.pairs import TrainingPair, claim_pairs, contrast_pairs, inference_pairs
from models.wheel import weights_folder

SEED = 1
BATCH = 32
RATE = 8e-5
# Part of the inference pairs is read again with the corpus, and a few at the end, against forgetting.
CORPUS_PASSES, CORPUS_UNRELATED, CORPUS_INFERENCE = 2, 7000, 13_000
# Unrelated pairs of the corpus are four of five; each pass takes a new sample of them.
LAST_PASSES, LAST_UNRELATED, LAST_INFERENCE = 6, 4000, 1000
WARM_SHARE, LAST_RATE = 0.08, 0.02
SMOOTHING = 0.05
# How often a claim is shown with the first sentence of its correction, and in another wording. The reader that ships
# reads the claim alone, which came out better on development.
CORRECTION_SHARE, VARIANT_SHARE = 0.5, 0.3


State = dict[str, Tensor]

_SENTENCE_END = re.compile(r"(?<=[.!?])\s")


class Reader(nn.Module):
    """A BERT encoder, mean pooling and a linear head over RELATIONS; the word and place embeddings stay as they are."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        # A few passes do not need dropout, which takes a fifth of the time here.
        still = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
        self.encoder = AutoModel.from_pretrained(str(folder), attn_implementation="eager", **still)
        self.head = nn.Linear(self.encoder.config.hidden_size, len(RELATIONS))
        self.drop = nn.Dropout(0.1)
        for part in (self.encoder.embeddings.word_embeddings, self.encoder.embeddings.position_embeddings):
            part.weight.requires_grad_(False)

    def forward(self, batch: dict[str, Tensor]) -> Tensor:
        """Logits (pairs, RELATIONS)."""
        hidden = self.encoder(**batch).last_hidden_state
        mask = batch["attention_mask"].unsqueeze(-1).to(hidden.dtype)
        logits: Tensor = self.head(self.drop((hidden * mask).sum(1) / mask.sum(1)))
        return logits.float()


def train(
    model: Reader, tokenizer: PreTrainedTokenizerBase, epochs: Sequence[Sequence[TrainingPair]], rate: float
) -> None:
    """One pass over each of `epochs`; AdamW, linear warm-up and decay, bf16 where the processor has it."""
    chance = random.Random(SEED)
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    matrices, vectors = [w for w in trained if w.dim() > 1], [w for w in trained if w.dim() < 2]
    groups: list[dict[str, object]] = [{"params": matrices}, {"params": vectors, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=rate, weight_decay=0.01, fused=True)
    steps, step, started = sum(math.ceil(len(epoch) / BATCH) for epoch in epochs), 0, time.monotonic()
    half = torch.cpu._is_avx512_bf16_supported()
    model.train()
    for number, epoch in enumerate(epochs, start=1):
        total = 0.0
        for pairs, batch in _batches(epoch, tokenizer, chance):
            done = step / steps
            scale = done / WARM_SHARE if done < WARM_SHARE else max(LAST_RATE, (1 - done) / (1 - WARM_SHARE))
            for group in optimizer.param_groups:
                group["lr"] = rate * scale
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=half):
                logits = model(batch)
            loss = _loss(logits, pairs)
            optimizer.zero_grad(set_to_none=True)
            torch.autograd.backward(loss)
            nn.utils.clip_grad_norm_(trained, 1.0)
            optimizer.step()
            step, total = step + 1, total + loss.item() * len(pairs)
        print(f"epoch {number}: loss {total / len(epoch):.4f}, {time.monotonic() - started:.0f} s", flush=True)


def main() -> int:
    """Train what is not kept yet and write the packed mean."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path(".auscult/training"), help="where parts are kept")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    asked = parser.parse_args()
    folder = research_folder()
    if folder is None:
        print("skipped: AUSCULT_RESEARCH_DATA names no folder with the research sets", file=sys.stderr)
        return 0
    asked.work.mkdir(parents=True, exist_ok=True)
    plan = _Plan(folder)
    started = _kept(asked.work / "inference.pt", None, lambda: [plan.inference])
    corpus = _kept(asked.work / "corpus.pt", started, plan.corpus_passes)
    last = _kept(asked.work / "last.pt", corpus, plan.last_passes)
    pack({name: ((corpus[name].float() + last[name].float()) / 2).numpy() for name in last}, asked.out)
    return 0


class _Plan:
    """What each part of the training reads."""

    def __init__(self, folder: Path) -> None:
        encoder = load_encoder()
        self.chance = random.Random(SEED)
        self.inference = inference_pairs(folder)
        self.corpus = claim_pairs(folder, encoder)
        self.contrasts = contrast_pairs(folder, encoder)
        self.chance.shuffle(self.inference)

    def corpus_passes(self) -> list[list[TrainingPair]]:
        """The corpus, and other inference pairs in each pass."""
        return [
            [*self._corpus(CORPUS_UNRELATED), *self.inference[at * CORPUS_INFERENCE :][:CORPUS_INFERENCE]]
            for at in range(CORPUS_PASSES)
        ]

    def last_passes(self) -> list[list[TrainingPair]]:
        """The corpus and all claims made for posts."""
        return [
            [*self._corpus(LAST_UNRELATED), *self.contrasts, *self.chance.sample(self.inference, LAST_INFERENCE)]
            for _ in range(LAST_PASSES)
        ]

    def _corpus(self, unrelated: int) -> list[TrainingPair]:
        apart = RELATIONS.index("unrelated")
        told = [pair for pair in self.corpus if pair.relation != apart]
        others = [pair for pair in self.corpus if pair.relation == apart]
        return [*told, *self.chance.sample(others, min(unrelated, len(others)))]


def _kept(place: Path, start: State | None, passes: Callable[[], list[list[TrainingPair]]]) -> State:
    # The weights at `place`, or those of a model trained from `start` (None: the encoder) and kept there.
    if place.is_file():
        kept: State = torch.load(place, weights_only=True)
        return kept
    torch.manual_seed(SEED)
    model = Reader(weights_folder())
    if start is not None:
        model.load_state_dict(start)
    train(model, AutoTokenizer.from_pretrained(str(weights_folder())), passes(), RATE)
    torch.save(model.state_dict(), place)
    return model.state_dict()


def _batches(
    pairs: Sequence[TrainingPair],
    tokenizer: PreTrainedTokenizerBase,
    chance: random.Random,
) -> Iterator[tuple[list[TrainingPair], dict[str, Tensor]]]:
    sides = [_claim_side(pair, chance) for pair in pairs]
    encoded = tokenizer(sides, [pair.post for pair in pairs], truncation="longest_first", max_length=MAX_TOKENS)
    order = list(range(len(pairs)))
    chance.shuffle(order)
    # Sorted within windows of some batches: little padding, and still mixed.
    window = BATCH * 30
    order = [
        n
        for at in range(0, len(order), window)
        for n in sorted(order[at : at + window], key=lambda n: len(encoded["input_ids"][n]))
    ]
    batches = [order[at : at + BATCH] for at in range(0, len(order), BATCH)]
    chance.shuffle(batches)
    for numbers in batches:
        chosen = {name: [values[number] for number in numbers] for name, values in encoded.items()}
        yield [pairs[number] for number in numbers], dict(tokenizer.pad(chosen, return_tensors="pt"))


def _claim_side(pair: TrainingPair, chance: random.Random) -> str:
    claim = chance.choice(pair.variants) if pair.variants and chance.random() < VARIANT_SHARE else pair.claim
    fact = _SENTENCE_END.split(pair.correction, maxsplit=1)[0] if chance.random() < CORRECTION_SHARE else ""
    return f"{claim} Fact: {fact}" if fact else claim


def _loss(logits: Tensor, pairs: Sequence[TrainingPair]) -> Tensor:
    # Of an inference pair "neutral" is any relation but the first two: the head learns both tasks at once.
    shares = logits.log_softmax(-1)
    three = torch.stack([shares[:, 0], shares[:, 1], torch.logsumexp(shares[:, 2:], -1)], -1)
    inferred = torch.tensor([pair.inference for pair in pairs])
    truth = torch.tensor([pair.relation for pair in pairs])
    says = torch.tensor([pair.weight for pair in pairs])
    losses = nn.functional.cross_entropy(logits, truth, reduction="none", label_smoothing=SMOOTHING)
    guesses = nn.functional.nll_loss(three, truth.clamp(max=2), reduction="none")
    return (torch.where(inferred, guesses, losses) * says).mean()


if __name__ == "__main__":
    sys.exit(main())
