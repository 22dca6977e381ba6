"""Run as `make bench`: measures, prints and writes benchmarks/RESULTS.md. Needs AUSCULT_RESEARCH_DATA."""

import argparse
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.machine import OPERATIONS_PER_TOKEN, describe_machine, gemm_limits
from benchmarks.throughput import Measured, measure
from models.encoder import MAX_TOKENS, load_tokenizer
from models.folding import fold_text
from models.training.examples import Clef, clef, research_folder
from models.wheel import weights_folder
from pipeline.config import ROOT

RESULTS = Path(__file__).parent / "RESULTS.md"


def main() -> int:
    """Measure throughput and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    folder = research_folder()
    if folder is None:
        print("skipped: AUSCULT_RESEARCH_DATA names no folder with the research sets", file=sys.stderr)
        return 0
    parts = [clef(folder, split, stripped=False) for split in ("train", "dev")]
    posts = Clef(parts[0].claims, parts[0].posts[:313] + parts[1].posts, parts[0].gold[:313] + parts[1].gold)
    limits = gemm_limits()
    measured = measure(posts, asked.rounds, ROOT / ".auscult" / "models")
    lines = [*_head(limits, asked.rounds, len(posts.posts), len(posts.claims)), *_rates(measured, posts, limits)]
    text = "\n".join(lines) + "\n"
    print(text)
    RESULTS.write_text(text)
    return 0


def _head(limits: dict[str, float], rounds: int, posts: int, claims: int) -> list[str]:
    asked = ("/usr/bin/env", "git", "describe", "--always", "--dirty")
    commit = subprocess.run(asked, capture_output=True, text=True, cwd=ROOT)
    told = ", ".join(f"{name} {value:,.0f}" for name, value in limits.items())
    return [
        "# Benchmarks",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, commit {commit.stdout.strip()}, {describe_machine()}.",
        f"Best matrix products here, in 1e9 operations a second: {told}.",
        "",
        f"{posts} tweets of CLEF 2022 against {claims:,} claims, medians of {rounds} interleaved rounds.",
        "",
    ]


def _rates(measured: Measured, posts: Clef, limits: dict[str, float]) -> list[str]:
    lines = ["| method | posts/s | / batched | MAP@5 |", "|---|---|---|---|"]
    for name in ("per text", "batched", "matcher", "screen step"):
        precision = measured.precision.get(name)
        told = f"{precision:.3f}" if precision is not None else ""
        lines.append(f"| {name} | {measured.rate(name):,.0f} | {measured.ratio(name, 'batched'):.2f} | {told} |")
    tokenizer = load_tokenizer(weights_folder() / "tokenizer.json", MAX_TOKENS)
    tokens = sum(len(one.ids) for one in tokenizer.encode_batch([fold_text(post) for post in posts.posts]))
    share = measured.rate("matcher") * tokens / len(posts.posts) * OPERATIONS_PER_TOKEN / 1e9 / limits["int8"]
    return [
        *lines,
        "",
        f"matcher / batched baseline ratio: {measured.ratio('matcher', 'batched'):.2f}",
        f"matcher / per-text baseline ratio: {measured.ratio('matcher', 'per text'):.2f}",
        f"screen step / matcher ratio: {measured.ratio('screen step', 'matcher'):.2f}",
        f"matcher's share of the int8 limit: {share:.2f} ({tokens / len(posts.posts):.1f} word pieces a post)",
        f"resident memory, baselines included: {measured.resident:,.0f} MB at most",
    ]


if __name__ == "__main__":
    sys.exit(main())
