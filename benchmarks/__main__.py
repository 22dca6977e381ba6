"""Run as `make bench`: measures, prints and writes benchmarks/RESULTS.md. Needs AUSCULT_RESEARCH_DATA."""

import argparse
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks import report
from benchmarks.backlog import screened_alone
from benchmarks.changed import claims_added
from benchmarks.encoder import encoder_shares
from benchmarks.growth import claims_growth
from benchmarks.machine import encoder_operations, gemm_limits
from benchmarks.quality import paired_losses
from benchmarks.rounds import median_ratio
from benchmarks.stream import stream_rates
from benchmarks.throughput import Measured, measure
from models.encoder import MAX_TOKENS, load_tokenizer
from models.folding import fold_text
from models.training.examples import Clef, clef, research_folder
from models.wheel import weights_folder
from pipeline.config import ROOT

PARTS = ("throughput", "encoder", "quality", "claims", "posts", "changed")
CLAIMS = (1_000, 10_000, 100_000, 1_000_000)
POSTS = (10_000, 100_000, 1_000_000)
DUPLICATES = 0.2
ARTEFACTS = ROOT / ".auscult" / "models"


def main() -> int:
    """Measure the parts that are asked for, keep what was found and tell all that is kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=PARTS, default=PARTS)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--most", type=int, default=POSTS[-1], help="claims or posts at most")
    asked = parser.parse_args()
    folder = research_folder()
    if folder is None:
        print("skipped: AUSCULT_RESEARCH_DATA names no folder with the research sets", file=sys.stderr)
        return 0
    if "throughput" in asked.parts:
        _throughput(folder, asked.rounds)
    if "encoder" in asked.parts:
        report.keep("encoder", encoder_shares(_tweets(folder).posts, asked.rounds, ARTEFACTS))
    if "quality" in asked.parts:
        report.keep("quality", {"rows": paired_losses(folder, ARTEFACTS)})
    if "claims" in asked.parts:
        _claims(folder, asked.rounds, [size for size in CLAIMS if size <= asked.most])
    if "posts" in asked.parts:
        _posts([size for size in POSTS if size <= asked.most])
    if "changed" in asked.parts:
        sizes = [size for size in POSTS if size <= asked.most]
        report.keep("changed", {"rows": [row for size in sizes for row in claims_added(folder, size, ARTEFACTS)]})
    print(report.render())
    return 0


def _throughput(folder: Path, rounds: int) -> None:
    posts = _tweets(folder)
    limits = gemm_limits()
    found = measure(posts, rounds, ARTEFACTS)
    methods = {
        name: {
            "posts_a_second": found.rate(name),
            "ratio": found.ratio(name, "batched"),
            "map5": found.precision.get(name),
        }
        for name in ("per text", "batched", "matcher", "screen step")
    }
    told = {"limits": limits, "posts": len(posts.posts), "claims": len(posts.claims), "rounds": rounds}
    stream = stream_rates(folder, rounds, ARTEFACTS)
    rates = ", ".join(f"{name} {statistics.median(own):,.0f} posts/s" for name, own in stream.items())
    ratio = median_ratio(stream, "screen step", "matcher")
    ordinary = f"screen step / matcher ratio, ordinary posts, shipped claims: {ratio:.2f} ({rates})"
    report.keep("throughput", told | {"methods": methods, "lines": [*_lines(found, posts, limits), ordinary]})


def _tweets(folder: Path) -> Clef:
    train, dev = (clef(folder, split, stripped=False) for split in ("train", "dev"))
    return Clef(train.claims, train.posts + dev.posts, train.gold + dev.gold)


def _lines(found: Measured, posts: Clef, limits: dict[str, float]) -> list[str]:
    tokenizer = load_tokenizer(weights_folder() / "tokenizer.json", MAX_TOKENS)
    tokens = sum(len(one.ids) for one in tokenizer.encode_batch([fold_text(post) for post in posts.posts]))
    pieces = tokens / len(posts.posts)
    share = found.rate("matcher") * pieces * encoder_operations() / 1e9 / limits["int8"]
    return [
        f"matcher / batched baseline ratio: {found.ratio('matcher', 'batched'):.2f}",
        f"matcher / per-text baseline ratio: {found.ratio('matcher', 'per text'):.2f}",
        f"screen step / matcher ratio: {found.ratio('screen step', 'matcher'):.2f}",
        f"matcher's share of the int8 limit: {share:.2f} ({pieces:.1f} word pieces a post)",
        f"resident memory, baselines included: {found.resident:,.0f} MB at most",
    ]


def _claims(folder: Path, rounds: int, sizes: Sequence[int]) -> None:
    known = clef(folder, "train", stripped=False)
    sentences = [dict(claim.fields)["claim"] for claim in known.claims]
    report.keep("claims", {"rows": claims_growth(sizes, rounds, sentences, known.posts)})


def _posts(sizes: Sequence[int]) -> None:
    rows = screened_alone(sizes, 0.0)
    # An hour's worth is kept before the next hour begins.
    report.keep("posts", {"rows": rows})
    report.keep("posts", {"rows": [*rows, *screened_alone(sizes, DUPLICATES)]})


if __name__ == "__main__":
    sys.exit(main())
