"""The command line: what it prints, its exit codes, and that bad input gets one clear line."""

import csv
import json
from pathlib import Path

import pytest

from pipeline.config import Settings
from tests.cli.conftest import Auscult

NOW = "2026-10-12T15:00:00Z"


def write_posts(path: Path) -> Path:
    texts = [
        "The MMR gives kids autism, my nephew stopped talking two weeks after the MMR vaccine.",
        "The MMR vaccine does not cause autism.",
        "=HYPERLINK(0) spare ladder?",
    ]
    rows = [{"Post ID": f"p{n}", "Message": text, "Date": "2026-10-12T09:00:00Z"} for n, text in enumerate(texts)]
    with path.open("w", newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_import_runs_through_to_alerts_and_twice_is_once(auscult_process: Auscult, tmp_path: Path) -> None:
    file = write_posts(tmp_path / "posts.csv")
    first = auscult_process("import", file, "--now", NOW).stdout
    assert "new 3" in first
    assert "alerts 1" in first
    again = auscult_process("import", file, "--now", NOW).stdout
    assert "new 0, duplicate 3" in again
    assert auscult_process("sql", "--csv", "select count(*) from alerts").stdout.split() == ["count", "1"]


def test_sql_is_read_only_one_statement_and_knows_roles(auscult: Auscult, tmp_path: Path) -> None:
    auscult("import", write_posts(tmp_path / "posts.csv"), "--only-store", "--now", NOW)
    commented = "-- how many posts?\nselect count(*) as posts from posts where source = 'imports'"
    assert auscult("sql", "--csv", commented).stdout.split() == ["posts", "3"]
    for words, problem in (
        (["delete from posts"], "read-only"),
        (["select 1; delete from posts"], "multiple commands"),
        (["selec 1"], "syntax"),
        (["--role", "analyst", "select text from public.posts"], "permission denied"),
        (["--role", "analyst", "select 1; reset role"], "multiple commands"),
        (["--role", "nobody", "select 1"], "no role"),
        ([" "], "empty"),
    ):
        refused = auscult("sql", *words, code=1)
        assert problem in refused.stderr
        assert len(refused.stderr.strip().splitlines()) == 1
    assert auscult("sql", "--csv", "select count(*) from posts").stdout.split() == ["count", "3"]
    assert auscult("sql", "--role", "analyst", "--csv", "select count(*) from mart_alerts").stdout.split() == [
        "count",
        "0",
    ]


def test_csv_output_defuses_formulas(auscult: Auscult, tmp_path: Path) -> None:
    auscult("import", write_posts(tmp_path / "posts.csv"), "--only-store", "--now", NOW)
    printed = auscult("sql", "--csv", "select text from posts where platform_id = 'p2'").stdout
    assert "'=HYPERLINK" in printed


def test_import_maps_columns_and_explains_what_it_cannot_read(auscult: Auscult, tmp_path: Path) -> None:
    odd = tmp_path / "odd.csv"
    odd.write_text("Betreff,Inhalt\nhello,first words\n")
    refused = auscult("import", odd, code=3)
    assert "Betreff" in refused.stderr
    assert "--map" in refused.stderr
    assert "new 1" in auscult("import", odd, "--map", "text=Inhalt", "--only-store", "--now", NOW).stdout
    assert "FIELD=COLUMN" in auscult("import", odd, "--map", "text", code=1).stderr
    auscult("import", tmp_path / "missing.csv", code=2)


def test_a_switched_off_source_is_reported_and_is_no_error(auscult: Auscult, settings: Settings) -> None:
    listening = settings.listening_file
    listening.write_text(
        listening.read_text().replace("{imports: {enabled: true}}", "{reddit: {}, x: {}, imports: {}}")
    )
    listed = json.loads(auscult("sources", "--json").stdout)
    states = {row["name"]: row for row in listed}
    assert states["imports"]["status"] == "on"
    assert {"AUSCULT_REDDIT_CLIENT_ID", "terms 2025-11"} <= set(states["reddit"]["needs"])
    assert states["x"].keys() >= {"name", "status", "needs", "watermark", "budget"}
    assert "no credentials" in auscult("ingest", "reddit", "--now", NOW).stdout
    key = {"AUSCULT_X_BEARER_TOKEN": "t"}
    assert "not accepted" in auscult("ingest", "x", "--now", NOW, env=key).stdout
    accepted = auscult("sources", "accept", "x", "--by", "Ana Officer", "--now", NOW).stdout
    assert "Ana Officer" in accepted
    on = json.loads(auscult("sources", "--json", env=key).stdout)
    assert next(row["status"] for row in on if row["name"] == "x") == "on"
    auscult("sources", "withdraw", "x")
    off = json.loads(auscult("sources", "--json", env=key).stdout)
    assert next(row["status"] for row in off if row["name"] == "x").startswith("off")


def test_without_an_author_key_nothing_is_ingested(auscult_process: Auscult, tmp_path: Path) -> None:
    refused = auscult_process("import", write_posts(tmp_path / "posts.csv"), code=1, env={"AUSCULT_AUTHOR_KEY": ""})
    assert "AUSCULT_AUTHOR_KEY" in refused.stderr
    assert auscult_process("sql", "--csv", "select count(*) from posts").stdout.split() == ["count", "0"]


def test_match_needs_no_database(auscult: Auscult, tmp_path: Path) -> None:
    claims, posts, out = (tmp_path / name for name in ("c.jsonl", "p.jsonl", "o.jsonl"))
    claims.write_text(
        '{"id": "mmr", "claim": "The MMR vaccine causes autism."}\n{"id": 7, "claim": "Raw milk is safer."}\n'
    )
    texts = ["the mmr vaccine causes autism, wake up", "The MMR vaccine does not cause autism.", "a spare ladder"]
    posts.write_text("".join(json.dumps({"id": number, "text": text}) + "\n" for number, text in enumerate(texts)))
    nowhere = {"AUSCULT_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", "AUSCULT_HOME": str(tmp_path / "none")}
    auscult("match", "--claims", claims, "--posts", posts, "--out", out, "--top", "2", env=nowhere)
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert [line["id"] for line in lines] == [0, 1, 2]
    best = lines[0]["candidates"][0]
    assert best["claim_id"] == "mmr"
    assert set(best["stance"]) == {"promotes", "debunks", "questions", "neutral"}
    assert sum(best["stance"].values()) == pytest.approx(1, abs=0.01)
    assert [line["decision"] for line in lines][1:] == ["none", "none"]
    assert lines[0]["decision"] in {"alert", "review"}
    assert not (tmp_path / "none").exists()


def test_explain_says_why(auscult: Auscult) -> None:
    auscult("claims", "load", "--now", NOW)
    said = auscult("explain", "My cousin says the MMR vaccine gave her kid autism.").stdout
    assert "vax-mmr-autism" in said
    assert "MMR" in said


def test_claims_check_names_file_and_line(auscult: Auscult, tmp_path: Path) -> None:
    assert "no problem" in auscult("claims", "check").stdout
    folder = tmp_path / "claims"
    folder.mkdir()
    (folder / "vaccines.yaml").write_text("- id: vax-x-y\n  colour: red\n")
    refused = auscult("claims", "check", folder, code=1)
    assert "vaccines.yaml:2" in refused.stderr


def test_doctor_and_status(auscult: Auscult) -> None:
    found = auscult("doctor", code=1).stdout
    assert "AUSCULT_SMTP_HOST" in found, "no relay is configured here, and doctor says so"
    mended = {"AUSCULT_SMTP_HOST": "127.0.0.1", "AUSCULT_SMTP_TLS": "none"}
    assert "mend" not in auscult("doctor", env=mended).stdout
    assert "posts 0" in auscult("status").stdout


def test_a_wrong_practice_file_is_one_clear_line(auscult: Auscult, settings: Settings, tmp_path: Path) -> None:
    auscult("claims", "load", "--now", NOW)
    settings.practice_file.write_text("name: A\ncolour: red\n")
    refused = auscult("screen", code=1)
    assert "practice.yaml: colour" in refused.stderr
    settings.practice_file.unlink()
    assert "auscult init" in auscult("screen", code=1).stderr


def test_init_writes_files_that_pass_and_overwrites_nothing(auscult: Auscult, tmp_path: Path) -> None:
    home = {"AUSCULT_HOME": str(tmp_path / "new"), "AUSCULT_AUTHOR_KEY": ""}
    auscult("init", env=home)
    key = (tmp_path / "new" / "author.key").read_text()
    assert len(key) == 64
    assert "kept" in auscult("init", env=home).stdout
    assert (tmp_path / "new" / "author.key").read_text() == key
    assert "Your Practice" in auscult("doctor", code=1, env=home).stdout


def test_help_teaches(auscult_process: Auscult) -> None:
    everything = auscult_process("--help").stdout
    for command in ("import", "ingest", "screen", "alert", "notify", "match", "explain", "claims", "sources", "sql"):
        assert command in everything
    assert "--map" in auscult_process("import", "--help").stdout
