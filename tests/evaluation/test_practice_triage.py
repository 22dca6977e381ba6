"""The figures of triage: what counts as found, what as a false alarm, and which NHS labels stand for what."""

from pathlib import Path

import pytest

from models.training.nhs_feedback import Comment, nhs_comments
from pipeline.errors import ConfigError
from pipeline.evaluation.practice_triage import answer_figures, triage_rows, urgency_figures
from pipeline.screening.triage import Triage

PHASE_1 = [
    "organization\tlabel\tsubcategory\tcriticality\ttext",
    "A\tStaff\tAttitude Of Staff\t3\tAll of the staff were kind",
    "A\tCare received\tActivities\t-2\tNothing to do all day here",
    "A\tCouldn't be improved\tNothing to improve\t3\tNothing at all, thanks",
    "A\tAccess\tGeneral\t-1\tToo short",
]
PHASE_2 = [
    "comment_id\ttrust\tservice\tquestion\ttext\tsentiment_1pos_5neg\tsafeguarding\tlabels",
    "1\tB\t111\tq\tI waited four hours for it\t5\t\tTimeliness of care|Negative experience & dissatisfaction",
    "2\tB\t111\tq\tSlow to come but very kind\t3\t\tTimeliness of care|Staff manner & personal attributes",
]


def post(urgency: str, category: str = "other") -> dict[str, str]:
    return {"id": urgency, "category": category, "theme": "none", "tone": "neutral", "urgency": urgency}


def said(urgency: str, category: str = "other") -> Triage:
    return Triage(category, "none", "neutral", urgency, None, False, {})


def test_urgent_at_all_and_the_right_kind_are_two_figures() -> None:
    rows = [post("privacy_breach"), post("privacy_breach"), post("routine"), post("routine")]
    found = [said("patient_safety"), said("routine"), said("time_critical"), said("routine")]
    figures = {one.name: one.value for one in urgency_figures(rows, found, frozenset())}
    assert figures["recall privacy_breach, urgent at all"] == 0.5
    assert figures["recall privacy_breach, as that kind"] == 0
    assert figures["false urgency, routine posts"] == 0.5


def test_praise_is_measured_against_complaint_alone() -> None:
    rows = [post("routine", "praise"), post("routine", "complaint"), post("routine", "job")]
    found = [said("routine", "praise"), said("routine", "complaint"), said("routine", "other")]
    figures = {one.name: one for one in answer_figures(rows, found)}
    assert (figures["F1 praise and complaint"].value, figures["F1 praise and complaint"].rows) == (1, 2)
    assert figures["macro-F1 category"].value < 1


def test_an_unknown_split_is_refused() -> None:
    with pytest.raises(ConfigError, match="no set is called"):
        triage_rows("training")


def test_nhs_labels_become_opinions_and_themes_or_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "nhs_patient_feedback"
    folder.mkdir()
    (folder / "phase1_feedback.tsv").write_text("\n".join(PHASE_1) + "\n")
    (folder / "phase2_feedback.tsv").write_text("\n".join(PHASE_2) + "\n")
    found = [*nhs_comments(tmp_path, "training"), *nhs_comments(tmp_path, "held")]
    assert sorted(found, key=lambda one: one.text) == [
        Comment("All of the staff were kind", "praise", "staff"),
        Comment("I waited four hours for it", "complaint", "access"),
        Comment("Nothing to do all day here", "complaint", ""),
    ]
