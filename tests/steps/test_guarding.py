"""The guard on whole posts: what ships finds plain breaches, lets ordinary posts be, and answers files line by line."""

import json
from pathlib import Path

import pytest

from models.guard import GuardModel, load_guard
from models.matcher import ClaimText
from pipeline.guarding import guard_file, guard_posts, public_names
from pipeline.listening import Practice
from pipeline.screening.judges import Judge, build_judge, load_models

PRACTICE = Practice.model_validate(
    {
        "name": "Larkspur Family Health",
        "locations": [{"name": "Harborview Clinic", "street": "12 Long Harbor Road", "city": "Port Alder"}],
        "clinicians": [{"name": "Priya Raman", "title": "MD", "specialty": "pediatrics"}],
        "handles": {"x": ["@larkspurfamily"]},
        "phone": "503-555-0142",
    }
)
CLAIMS = {
    "vax-mmr-autism": ("The MMR vaccine causes autism.", "Large studies found the same rates with and without it."),
    "inf-antibiotics-viruses": ("Antibiotics cure colds and the flu.", "Antibiotics do not work against viruses."),
}
DISCLOSURE = (
    "Congratulations to Ellen Varga, who finished her last chemo treatment with us on Friday. You did it, Ellen!"
)
FALSE = "Cold season tip from our team: antibiotics cure colds and the flu, so ask for them on the first day."
FINE = "Our offices close at noon on Friday for staff training. The phones are answered until five."
DEBUNK = "Antibiotics cure colds? No, that is a myth: colds come from viruses. Rest and fluids help."


@pytest.fixture(scope="module")
def judge() -> Judge:
    return build_judge(load_models(), [ClaimText(n, (("claim", c), ("correction", a))) for n, (c, a) in CLAIMS.items()])


@pytest.fixture(scope="module")
def model() -> GuardModel:
    return load_guard()


def test_plain_breaches_are_stopped_and_ordinary_posts_are_not(judge: Judge, model: GuardModel) -> None:
    found = guard_posts([DISCLOSURE, FALSE, FINE, DEBUNK, ""], PRACTICE, judge, model)
    assert [one.verdict for one in found] == ["disclosure", "false_claim", "fine", "fine", "fine"]
    assert found[0].findings[0].phrase in DISCLOSURE
    assert "inf-antibiotics-viruses" in found[1].findings[0].why


def test_a_breach_at_the_end_of_a_long_post_is_found(judge: Judge, model: GuardModel) -> None:
    long = f"{FINE} " * 12
    fine, stopped = guard_posts([long, long + DISCLOSURE], PRACTICE, judge, model)
    assert (fine.verdict, stopped.verdict) == ("fine", "disclosure")


def test_a_verdict_does_not_depend_on_the_posts_beside_it(judge: Judge, model: GuardModel) -> None:
    texts = [FALSE, FINE, DISCLOSURE]
    alone = [guard_posts([text], PRACTICE, judge, load_guard())[0] for text in texts]
    assert guard_posts(texts, PRACTICE, judge, model) == alone


def test_no_posts_give_no_verdicts(judge: Judge, model: GuardModel) -> None:
    assert guard_posts([], PRACTICE, judge, model) == []


def test_what_the_practice_says_of_itself_is_public() -> None:
    names = public_names(PRACTICE)
    assert {"Larkspur Family Health", "Priya Raman", "Raman", "Port Alder", "larkspurfamily", "@larkspurfamily"} <= set(
        names
    )
    assert "" not in names


def test_a_file_round_trip(judge: Judge, model: GuardModel, tmp_path: Path) -> None:
    lines = [json.dumps({"id": number, "text": text}) for number, text in enumerate((FINE, DISCLOSURE))]
    (tmp_path / "in").write_text("\n".join([*lines, "no JSON"]) + "\n")
    counts = guard_file(PRACTICE, tmp_path / "in", tmp_path / "out", judge, model)
    written = [json.loads(line) for line in (tmp_path / "out").read_text().splitlines()]
    assert [(row["id"], row["verdict"]) for row in written] == [(0, "fine"), (1, "disclosure")]
    assert written[0]["findings"] == []
    assert set(written[1]["findings"][0]) == {"rule", "phrase", "why"}
    assert (counts["posts"], counts["fine"], counts["disclosure"], counts["bad_lines"]) == (2, 1, 1, 1)
