"""What was measured, part by part: kept as JSON, told as benchmarks/RESULTS.md, drawn as a plot."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.encoder import INT8
from benchmarks.machine import describe_machine
from pipeline.config import ROOT

FOLDER = Path(__file__).parent
RESULTS, PLOT = FOLDER / "RESULTS.md", FOLDER / "growth.png"

# The parts that the plot is made of.
_DRAWN = {"claims", "posts"}

Part = dict[str, Any]


def keep(name: str, found: Mapping[str, Any]) -> None:
    """Keep a part's figures with the moment, the commit and the machine, in place of what an earlier run found."""
    asked = ("/usr/bin/env", "git", "describe", "--always", "--dirty")
    commit = subprocess.run(asked, capture_output=True, text=True, cwd=ROOT).stdout.strip()
    told = {"date": f"{datetime.now(UTC):%Y-%m-%d}", "commit": commit, "machine": describe_machine(), **found}
    (FOLDER / f"{name}.json").write_text(json.dumps(told, indent=1) + "\n")


def render() -> str:
    """Write RESULTS.md and the plot from all parts that were kept; returns the text."""
    parts = {path.stem: json.loads(path.read_text()) for path in FOLDER.glob("*.json")}
    text = results(parts)
    RESULTS.write_text(text)
    if set(parts) >= _DRAWN:
        _draw(parts["claims"]["rows"], parts["posts"]["rows"])
    return text


def results(parts: Mapping[str, Part]) -> str:
    """The parts that are there, as Markdown."""
    tell = {"throughput": _throughput, "encoder": _encoder, "quality": _quality}
    tell |= {"claims": _claims, "posts": _posts, "changed": _changed}
    lines = ["# Benchmarks", "", "Printed and written by `make bench`; each part says when it was run last."]
    for name, part in tell.items():
        if name in parts:
            lines += ["", *part(parts[name])]
    if set(parts) >= _DRAWN:
        lines += ["", f"![How the cost of a post grows with claims and posts]({PLOT.name})"]
    return "\n".join(lines) + "\n"


def _head(title: str, part: Part) -> list[str]:
    return [f"## {title}", "", f"{part['date']}, commit {part['commit']}, {part['machine']}."]


def _throughput(part: Part) -> list[str]:
    limits = ", ".join(f"{name} {value:,.0f}" for name, value in part["limits"].items())
    lines = [
        *_head("Throughput", part),
        f"Best matrix products here, in 1e9 operations a second: {limits}.",
        f"{part['posts']} tweets of CLEF 2022 against {part['claims']:,} claims, medians of {part['rounds']} "
        "interleaved rounds; every round begins with nothing remembered.",
        "",
        "| method | posts/s | / batched | MAP@5 |",
        "|---|---|---|---|",
    ]
    for name, row in part["methods"].items():
        precision = f"{row['map5']:.3f}" if row["map5"] is not None else ""
        lines.append(f"| {name} | {row['posts_a_second']:,.0f} | {row['ratio']:.2f} | {precision} |")
    return [*lines, "", "```", *part["lines"], "```"]


def _encoder(part: Part) -> list[str]:
    rates, shares = part["rates"], part["shares"]
    products = shares["limit"] / part["spent"][INT8]
    return [
        *_head("The encoder alone", part),
        "",
        f"{part['posts']} tweets of CLEF 2022 of {part['pieces']:.1f} word pieces, {part['padded']:.0%} more with what "
        f"pads them, on {part['runtime']}; medians of {part['rounds']} interleaved rounds with the best int8 products "
        "of this machine.",
        "",
        "| | 1e9 operations a second | encoder's share |",
        "|---|---|---|",
        f"| encoder, its int8 products only | {rates['encoder']:,.0f} | |",
        f"| best square product | {rates['limit']:,.0f} | {shares['limit']:.2f} |",
        f"| best products of the encoder's shapes | {rates['shaped']:,.0f} | {shares['shaped']:.2f} |",
        "",
        f"While they are computed, its int8 products run at {products:.2f} of the best square one. "
        "The runtime's own count of its time:",
        "",
        "| its time goes to | share |",
        "|---|---|",
        *(f"| {kind} | {share:.2f} |" for kind, share in part["spent"].items()),
    ]


def _quality(part: Part) -> list[str]:
    lines = [
        *_head("What it costs", part),
        "",
        "MAP@5 of the matcher with MiniLM-L6 in float32 and with the encoder that ships, on CLEF 2022, post by post.",
        "",
        "| split | posts | float32 | ours | loss (95 %) |",
        "|---|---|---|---|---|",
    ]
    for row in part["rows"]:
        name = f"{row['split']}{', without signatures' if row['stripped'] else ''}"
        loss = f"{row['loss']:.4f} ({row['low']:.4f} to {row['high']:.4f})"
        lines.append(f"| {name} | {row['posts']} | {row['float32']:.4f} | {row['ours']:.4f} | {loss} |")
    return lines


def _claims(part: Part) -> list[str]:
    lines = [*_head("Cost by the number of claims", part), "", "The matcher alone, vectors at hand.", ""]
    lines += ["| claims | ms a post | index, MB | built in, s |", "|---|---|---|---|"]
    rows = part["rows"]
    return lines + [
        f"| {row['claims']:,} | {row['ms_a_post']:.3f} | {row['index_mb']:,.0f} | {row['build_s']:.1f} |"
        for row in rows
    ]


def _posts(part: Part) -> list[str]:
    lines = [
        *_head("A backlog by the whole screen step", part),
        "",
        "Synthetic posts as long as tweets (mostly 33 characters, 12 of 100 above 140), each text distinct unless "
        "said, screened into PostgreSQL with the claims that ship. The rows of a share of duplicates are one process, "
        "which begins with nothing remembered, looked at on its way; its memory, the server's apart.",
        "",
        "| posts | duplicates | posts/s | MB at most | MB then |",
        "|---|---|---|---|---|",
    ]
    return lines + [
        f"| {row['posts']:,} | {row['duplicates']:.0%} | {row['posts_a_second']:,.0f} | {row['mb_at_most']:,.0f} | "
        f"{row['mb_then']:,.0f} |"
        for row in part["rows"]
    ]


def _changed(part: Part) -> list[str]:
    lines = [
        *_head("A claim added to stored posts", part),
        "",
        "Posts are those of ordinary health sets, each as often as needed with a word of its own, their vectors "
        "stored, all screened before with the other claims. Compared: by the server, then what comes near by matcher "
        "and reader. The claims were chosen by how often ordinary posts come near them: a middle one, one "
        "that three of four stay below, one of the most frequent. Rows are those of `matches`.",
        "",
        "| posts | claim | compared in, s | screened again | all done in, s | rows new |",
        "|---|---|---|---|---|---|",
    ]
    return lines + [
        f"| {row['posts']:,} | {row['claim']} | {row['sweep_s']:.1f} | {row['touched']:,} | {row['change_s']:.1f} | "
        f"{row['new']:,} |"
        for row in part["rows"]
    ]


def _draw(claims: Sequence[Part], posts: Sequence[Part]) -> None:
    distinct = [row for row in posts if not row["duplicates"]]
    with mpl.rc_context({"font.size": 10}):
        figure = Figure(figsize=(12, 3.6), layout="constrained")
        panels = figure.subplots(1, 3)
        _line(
            panels[0],
            [(row["claims"], row["ms_a_post"]) for row in claims],
            "claims",
            "ms a post, matcher",
            scale="log",
        )
        _line(panels[1], [(row["posts"], 1000 / row["posts_a_second"]) for row in distinct], "posts", "ms a post, step")
        _line(panels[2], [(row["posts"], row["mb_at_most"]) for row in distinct], "posts", "MB at most, step")
        figure.savefig(PLOT, dpi=110)


def _line(panel: Axes, points: Sequence[tuple[float, float]], across: str, up: str, scale: str = "linear") -> None:
    panel.plot(*zip(*points, strict=True), marker="o")
    panel.set(xscale="log", yscale=scale, xlabel=across, ylabel=up)
    if scale == "linear":
        panel.set_ylim(0, 1.15 * max(height for _, height in points))
    panel.grid(alpha=0.3)
