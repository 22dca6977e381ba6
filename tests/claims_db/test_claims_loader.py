"""What the loader gives, and which folders, files and pairs of claims it refuses."""

import dataclasses
import datetime
import hashlib
import json
import os
from pathlib import Path

import pytest

import claims_db.loader
from claims_db import Claim, ClaimsError, Evidence, check_claims, load_claims
from claims_db.__main__ import main

ENTRY = (Path(__file__).parent / "entry.yaml").read_text(encoding="utf-8")
OTHER = ENTRY.replace("vax-moon-dust", "vax-sun-dust").replace("moon dust", "sun dust").replace("Moon", "Sun")


def line_of(text: str, needle: str) -> int:
    lines = [number for number, line in enumerate(text.splitlines(), 1) if needle in line]
    assert len(lines) == 1, f"{needle!r} stands on lines {lines}"
    return lines[0]


def edited(old: str, new: str) -> str:
    assert ENTRY.count(old) == 1, f"{old!r} must stand once"
    return ENTRY.replace(old, new)


def test_a_whole_entry_becomes_a_claim(write, tmp_path):
    write(tmp_path, ENTRY)

    (claim,) = load_claims(tmp_path)

    assert check_claims(tmp_path) == []
    assert claim == Claim(
        id="vax-moon-dust",
        topic="vaccines",
        claim="Moon dust in vaccines turns children green.",
        variants=(
            "moon dust in the shot turned my kid green",
            "they put moon dust in vaccines, kids glow green",
        ),
        rating="false",
        harm="high",
        harm_reason="Parents skip vaccines.",
        correction="Vaccines hold no moon dust, and children stay their colour.",
        keywords=("moon dust vaccine",),
        language="en",
        true_neighbours=("Astronauts brought moon dust back to Earth.",),
        as_of=datetime.date(2026, 8, 19),
        as_of_precision="day",
        as_of_basis="dated-source-note",
        evidence=(
            Evidence(
                publisher="Lunar Institute",
                title="Dust and what it is not in",
                address="https://www.cdc.gov/moon-dust.html",
                verified=True,
                date=datetime.date(2025, 12, 11),
                seen_in="public web page",
            ),
        ),
        review_note="Ask a clinician.",
    )


def test_claims_come_sorted_by_id_from_all_files(write, tmp_path):
    write(tmp_path, OTHER)
    write(tmp_path, ENTRY.replace("topic: vaccines", "topic: dental"), "dental.yaml")
    write(tmp_path, "ignored: by name", ".vaccines.yaml.swp")

    assert [claim.id for claim in load_claims(tmp_path)] == ["vax-moon-dust", "vax-sun-dust"]


def test_optional_fields_may_be_left_out_or_null(write, tmp_path):
    text = edited("  review_note: Ask a clinician.\n", "").replace("      seen_in: public web page\n", "")
    text = text.replace("date: 2025-12-11", "date: null").replace("as_of: 2026-08-19", "as_of: null")
    text = text.replace("  as_of_precision: day\n", "").replace("  as_of_basis: dated-source-note\n", "")
    write(tmp_path, text)

    (claim,) = load_claims(tmp_path)

    assert (claim.review_note, claim.as_of, claim.as_of_precision, claim.as_of_basis) == (None,) * 4
    assert (claim.evidence[0].date, claim.evidence[0].seen_in) == (None, None)


def test_windows_line_ends_and_byte_order_mark_are_read_alike(write, tmp_path):
    write(tmp_path / "plain", ENTRY)
    write(tmp_path / "windows", b"\xef\xbb\xbf" + ENTRY.replace("\n", "\r\n").encode())

    assert load_claims(tmp_path / "windows") == load_claims(tmp_path / "plain")


def test_content_hash_is_stable_and_follows_every_field(write, tmp_path):
    write(tmp_path, ENTRY)
    (claim,) = load_claims(tmp_path)
    canonical = json.dumps(dataclasses.asdict(claim), sort_keys=True, separators=(",", ":"), default=str)

    assert claim.content_hash == hashlib.sha256(canonical.encode()).hexdigest()
    changed = [dataclasses.replace(claim, **{name: "x"}) for name in ("correction", "variants", "review_note")]
    source = dataclasses.replace(claim.evidence[0], verified=False)
    changed.append(dataclasses.replace(claim, evidence=(source,)))
    assert len({each.content_hash for each in [claim, *changed]}) == 5


def test_a_claim_cannot_be_changed(write, tmp_path):
    write(tmp_path, ENTRY)
    (claim,) = load_claims(tmp_path)

    with pytest.raises(dataclasses.FrozenInstanceError):
        claim.rating = "unproven"


def test_duplicate_ids_are_refused_within_and_across_files(write, assert_refused, tmp_path):
    twin = OTHER.replace("vax-sun-dust", "vax-moon-dust")
    file = tmp_path / "vaccines.yaml"
    assert_refused(ENTRY + twin, len(ENTRY.splitlines()) + 1, f"already used at {file}:1")

    write(tmp_path, ENTRY)
    other = write(tmp_path, twin.replace("topic: vaccines", "topic: water"), "water.yaml")
    (problem,) = check_claims(tmp_path)
    assert (problem.path, problem.line) == (str(other), 1)
    assert f"already used at {file}:1" in problem.message


def test_one_wording_may_not_stand_in_two_claims(assert_refused, tmp_path):
    other = OTHER.replace("sun dust in the shot turned my kid green", "Moon dust in the shot turned my kid GREEN")
    line = len(ENTRY.splitlines()) + line_of(other, "Moon dust in the shot")

    assert_refused(ENTRY + other, line, f"the same wording already stands at {tmp_path / 'vaccines.yaml'}:5")


def test_a_claim_stands_in_the_file_of_its_topic(assert_refused):
    text = edited("topic: vaccines", "topic: dental")

    assert_refused(text, 2, "belongs in dental.yaml")
    assert_refused(edited("topic: vaccines", 'topic: "vac\\tcines"'), 2, "hidden character")


def test_all_problems_are_collected_and_sorted(write, tmp_path):
    first = write(tmp_path, edited("harm: high", "harm: dire").replace("language: en", "language: xx"))
    second = write(tmp_path, "- {", "water.yaml")

    problems = check_claims(tmp_path)

    lines = [(problem.path, problem.line) for problem in problems]
    assert lines[:2] == [(str(first), line_of(ENTRY, "harm: ")), (str(first), line_of(ENTRY, "language"))]
    assert [path for path, _ in lines[2:]] == [str(second)]


def test_a_long_list_of_problems_is_printed_short_and_kept_whole(write, tmp_path):
    write(tmp_path, "- x: y\n" * 10)

    with pytest.raises(ClaimsError) as raised:
        load_claims(tmp_path)

    assert len(raised.value.problems) > 50
    assert str(raised.value).count("\n") == 51
    assert f"and {len(raised.value.problems) - 50} more" in str(raised.value)


def test_an_empty_or_missing_folder_is_an_error(write, tmp_path):
    assert [str(problem) for problem in check_claims(tmp_path)] == [
        f"{tmp_path}: holds no claims; an empty claims database is an error"
    ]
    with pytest.raises(ClaimsError):
        load_claims(tmp_path)
    with pytest.raises(ClaimsError, match="cannot be read as a folder"):
        load_claims(tmp_path / "nowhere")
    file = write(tmp_path, ENTRY)
    with pytest.raises(ClaimsError, match="cannot be read as a folder"):
        load_claims(file)


@pytest.mark.parametrize("name", ["vaccines.yml", "notes.txt", "vaccines.yaml.bak"])
def test_a_file_that_would_be_passed_over_is_refused(write, tmp_path, name):
    write(tmp_path, ENTRY)
    stray = write(tmp_path, OTHER, name)

    assert [(problem.path, problem.line) for problem in check_claims(tmp_path)] == [(str(stray), 0)]


def test_links_out_of_the_folder_and_odd_files_are_refused(write, tmp_path):
    outside = write(tmp_path, OTHER, "outside.yaml")
    folder = tmp_path / "claims"
    write(folder, ENTRY)
    (folder / "link.yaml").symlink_to(outside)
    (folder / "loop.yaml").symlink_to(folder / "gone.yaml")
    (folder / "folder.yaml").mkdir()
    os.mkfifo(folder / "pipe.yaml")

    messages = {Path(problem.path).name: problem.message for problem in check_claims(folder)}

    assert "leads out" in messages.pop("link.yaml")
    assert set(messages) == {"loop.yaml", "folder.yaml", "pipe.yaml"}
    assert set(messages.values()) == {"is not a regular file"}


def test_the_folder_itself_may_be_a_link(write, tmp_path):
    write(tmp_path / "claims", ENTRY)
    (tmp_path / "current").symlink_to(tmp_path / "claims")

    assert len(load_claims(tmp_path / "current")) == 1


def test_too_many_files_or_claims_are_refused(write, tmp_path, monkeypatch):
    file = write(tmp_path, ENTRY + OTHER)
    monkeypatch.setattr(claims_db.loader, "MAX_CLAIMS", 1)
    assert [str(problem) for problem in check_claims(tmp_path)] == [f"{file}:1: holds more than 1 claims"]

    write(tmp_path, ENTRY)
    write(tmp_path, OTHER.replace("topic: vaccines", "topic: water"), "water.yaml")
    assert [str(problem) for problem in check_claims(tmp_path)] == [f"{tmp_path}: holds more than 1 claims"]

    monkeypatch.setattr(claims_db.loader, "MAX_FILES", 0)
    assert "holds 2 files" in str(check_claims(tmp_path)[0])


def test_the_command_line_prints_every_problem_and_fails(write, tmp_path, capsys):
    file = write(tmp_path, edited("harm: high", "harm: dire"))
    assert main([str(tmp_path)]) == 1
    assert capsys.readouterr().out.startswith(f"{file}:8: harm must be one of low, medium, high")

    write(tmp_path, ENTRY)
    assert main([str(tmp_path)]) == 0
    assert capsys.readouterr().out == "1 claims, no problems\n"
