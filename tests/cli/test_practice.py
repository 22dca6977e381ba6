"""`auscult resolve` and `auscult practice init`: what they write, what they show, and that nothing is overwritten."""

import json
from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner

from pipeline.cli import practice as commands
from pipeline.errors import ConfigError
from pipeline.listening import read_practice

ANSWERS = """
Harrow Eye Clinic
Harrow Eye

Harrow Eye Main; 4 Mill Street; Dunwick; IL; 62233

Ann Lee; MD; ophthalmology

x: @harroweye

eye care

harroweye.example
618-555-0100
Harrow School in England

"""


@pytest.fixture
def run() -> CliRunner:
    return CliRunner()


@pytest.fixture(scope="module")
def app() -> Typer:
    app = Typer()
    app.command()(commands.resolve)
    app.add_typer(commands.practice_app, name="practice")
    return app


def test_the_wizard_asks_shows_and_writes(run: CliRunner, app: Typer, tmp_path: Path) -> None:
    path = tmp_path / "home" / "practice.yaml"
    done = run.invoke(app, ["practice", "init", "--out", str(path)], input=ANSWERS.lstrip())
    assert done.exit_code == 0, done.output
    written = read_practice(path)
    assert written.locations[0].city == "Dunwick"
    assert written.handles == {"x": ("@harroweye",)}
    assert written.not_us == ("Harrow School in England",)


def test_nothing_is_overwritten(run: CliRunner, app: Typer, tmp_path: Path) -> None:
    path = tmp_path / "practice.yaml"
    path.write_text("name: Ours\n")
    done = run.invoke(app, ["practice", "init", "--out", str(path)])
    assert isinstance(done.exception, ConfigError)
    assert path.read_text() == "name: Ours\n"


def test_answers_of_a_file_are_checked(run: CliRunner, app: Typer, tmp_path: Path) -> None:
    answers, path = tmp_path / "answers.yaml", tmp_path / "practice.yaml"
    answers.write_text("name: Harrow Eye Clinic\nnot_us: [Harrow School in England]\n")
    assert run.invoke(app, ["practice", "init", "--answers", str(answers), "--out", str(path)]).exit_code == 0
    assert read_practice(path) == read_practice(answers)
    answers.write_text("name: Harrow\ntown: Harrow\n")
    done = run.invoke(app, ["practice", "init", "--answers", str(answers), "--out", str(tmp_path / "other.yaml")])
    assert isinstance(done.exception, ConfigError)
    assert not (tmp_path / "other.yaml").exists()


def test_resolve_answers_a_file(run: CliRunner, app: Typer, tmp_path: Path) -> None:
    practice, posts, out = tmp_path / "p.yaml", tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    practice.write_text("name: Harrow Eye Clinic\n")
    posts.write_text('{"id": "a", "text": "Harrow Eye Clinic lost my glasses", "channel": "x"}\n')
    done = run.invoke(app, ["resolve", "--practice", str(practice), "--posts", str(posts), "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert json.loads(out.read_text())["decision"] == "mention"
