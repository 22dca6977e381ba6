"""Train the cross-encoder on the CPU, in four stages: to infer, the corpus, any post with any claim, real voices.

Run as `python -m models.training.train_cross_encoder`; AUSCULT_RESEARCH_DATA must name the research sets. Each stage is
kept in the folder --work, and a later run goes on from what it finds there.
"""

import argparse
import math
import random
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import AutoModel, AutoTokenizer, PreTrainedTokenizerBase

from models.cross_encoder import MAX_TOKENS, RELATIONS, WEIGHTS, claim_side
from models.encoder import load_encoder, weights_folder
from models.training.examples import research_folder
from models.training.pack import pack
from models.training.pairs import TrainingPair, claim_pairs, contrast_pairs, inference_pairs, voiced_pairs

SEED = 1
BATCH = 32
RATE = 8e-5
# Against forgetting how to infer, the second stage reads part of the inference pairs again, the third a few.
CORPUS_PASSES, CORPUS_UNRELATED, CORPUS_INFERENCE = 2, 7000, 13_000
# Unrelated pairs of the corpus are four of five; each pass takes a new sample of them.
LAST_PASSES, LAST_UNRELATED, LAST_INFERENCE = 6, 4000, 1000
# The fourth stage, at half the rate: posts in the voice of real ones, with half of what the third stage read.
VOICE_PASSES, VOICE_RATE, VOICE_UNRELATED, VOICE_SHARE = 2, 4e-5, 2500, 0.5
WARM_SHARE, LAST_RATE = 0.08, 0.02
SMOOTHING = 0.05
# How often a claim is shown with its correction, and in another wording.
CORRECTION_SHARE, VARIANT_SHARE = 0.5, 0.3


class Reader(nn.Module):
    """A BERT encoder, mean pooling and a linear head over RELATIONS; the word and place embeddings stay as they are."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        # Three passes over the posts do not need dropout, which takes a fifth of the time here.
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
    """Train the stages that are not kept yet and write the packed weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path(".auscult/training"), help="where stages are kept")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    asked = parser.parse_args()
    folder = research_folder()
    if folder is None:
        print("skipped: AUSCULT_RESEARCH_DATA names no folder with the research sets", file=sys.stderr)
        return 0
    torch.manual_seed(SEED)
    tokenizer = AutoTokenizer.from_pretrained(str(weights_folder()))
    model = Reader(weights_folder())
    asked.work.mkdir(parents=True, exist_ok=True)
    for number, (passes, rate) in enumerate(_stages(folder), start=1):
        kept = asked.work / f"stage{number}.pt"
        if kept.is_file():
            model.load_state_dict(torch.load(kept, weights_only=True))
        else:
            train(model, tokenizer, passes, rate)
            torch.save(model.state_dict(), kept)
    pack({name: value.detach().numpy() for name, value in model.state_dict().items()}, asked.out)
    return 0


def _stages(folder: Path) -> list[tuple[list[list[TrainingPair]], float]]:
    # The passes of each stage, and its rate.
    encoder, chance = load_encoder(), random.Random(SEED)
    inference, corpus, contrasts = (
        inference_pairs(folder),
        claim_pairs(folder, encoder),
        contrast_pairs(folder, encoder),
    )
    chance.shuffle(inference)
    again = [inference[at * CORPUS_INFERENCE :][:CORPUS_INFERENCE] for at in range(CORPUS_PASSES)]
    second = [[*_sampled(corpus, CORPUS_UNRELATED, chance), *part] for part in again]
    last = [
        [*_sampled(corpus, LAST_UNRELATED, chance), *contrasts, *chance.sample(inference, LAST_INFERENCE)]
        for _ in range(LAST_PASSES)
    ]
    voiced, part = voiced_pairs(encoder), int(VOICE_SHARE * len(contrasts))
    voices = [
        [*_sampled(corpus, VOICE_UNRELATED, chance), *voiced, *chance.sample(contrasts, part)]
        for _ in range(VOICE_PASSES)
    ]
    return [([inference], RATE), (second, RATE), (last, RATE), (voices, VOICE_RATE)]


def _sampled(pairs: Sequence[TrainingPair], unrelated: int, chance: random.Random) -> list[TrainingPair]:
    apart = RELATIONS.index("unrelated")
    told = [pair for pair in pairs if pair.relation != apart]
    others = [pair for pair in pairs if pair.relation == apart]
    return [*told, *chance.sample(others, min(unrelated, len(others)))]


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
    return claim_side(claim, pair.correction if chance.random() < CORRECTION_SHARE else "")


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
