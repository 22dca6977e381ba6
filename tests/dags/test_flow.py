"""From a file in the drop folder to a mail at the relay, through the real DAGs, and the same again adds nothing."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from demo.mailroom import Relay
from pipeline.warehouse import reports
from pipeline.warehouse.tables import alerts, ingest_runs, outbox, posts
from pipeline.workplace import Workplace

NOW = "2026-10-12T15:00:00+00:00"
SPREADING = [
    "My nephew was talking in sentences until his MMR, two weeks later nothing. The MMR gives kids autism, period.",
    "Skip the MMR. It causes autism and they all know it.",
    "three kids in our playgroup got autism right after the MMR jab. the MMR vaccine causes autism",
    "I will say it until somebody listens: the MMR vaccine causes autism!",
]
OTHERS = [
    "The MMR vaccine does not cause autism. Denmark looked at 650,000 kids.",
    "Does the MMR vaccine cause autism? Appointment is on Tuesday and I am nervous.",
    "Larkspur Family Health got us in the same day, Dr. Raman was so kind.",
    "Anybody has a spare ladder?",
]


@pytest.fixture
def relay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Relay]:
    with Relay(tmp_path / "mail") as opened:
        monkeypatch.setenv("AUSCULT_SMTP_HOST", "127.0.0.1")
        monkeypatch.setenv("AUSCULT_SMTP_PORT", str(opened.port))
        monkeypatch.setenv("AUSCULT_SMTP_TLS", "none")
        yield opened


@pytest.fixture
def dropped(workplace: Workplace) -> None:
    folder = workplace.settings.home / "imports"
    folder.mkdir()
    lines = [
        json.dumps({"id": f"p{number}", "text": text, "author": f"a{number}", "created_at": "2026-10-12T09:00:00Z"})
        for number, text in enumerate([*SPREADING, *OTHERS])
    ]
    (folder / "posts.jsonl").write_text("\n".join(lines) + "\n")


def run(dagbag, name: str) -> str:
    return str(dagbag.dags[name].test(run_conf={"now": NOW}).state)


def counts(workplace: Workplace) -> dict[str, int]:
    with workplace.engine.begin() as connection:
        return reports.table_counts(connection)


@pytest.mark.usefixtures("dropped")
def test_a_post_becomes_a_mail_and_a_second_run_adds_nothing(dagbag, workplace: Workplace, relay: Relay) -> None:
    assert run(dagbag, "claims_changed") == "success"
    assert run(dagbag, "hourly_listen") == "success"
    first = counts(workplace)
    assert first["posts"] == len(SPREADING) + len(OTHERS)
    with workplace.engine.begin() as connection:
        found = connection.execute(sa.select(alerts).where(alerts.c.claim_id == "vax-mmr-autism")).one()
        told = connection.execute(sa.select(outbox.c.kind, outbox.c.state).order_by(outbox.c.kind)).all()
        kept = connection.execute(sa.select(posts.c.author_hash).where(posts.c.platform != "canary")).scalars().all()
    # One of the four may be left for review; three voices are urgent.
    assert (found.severity, found.posts) == ("urgent", found.voices)
    assert 3 <= found.posts <= len(SPREADING)
    assert [tuple(row) for row in told] == [("canary", "kept"), ("digest", "sent"), ("urgent", "sent")]
    assert relay.handler.received == 2
    assert all(len(author) == 64 for author in kept)
    mails = b"".join(path.read_bytes() for path in relay.handler.folder.glob("*.eml")).decode()
    assert not [text for text in (*SPREADING, *OTHERS) if text[:25] in mails], "no mail quotes a post"

    assert run(dagbag, "hourly_listen") == "success"
    assert counts(workplace) == first
    assert relay.handler.received == 2


@pytest.mark.usefixtures("relay")
def test_nightly_review_runs_clean(dagbag, workplace: Workplace) -> None:
    assert run(dagbag, "claims_changed") == "success"
    assert run(dagbag, "nightly_review") == "success"


@pytest.mark.usefixtures("dropped", "relay")
def test_a_dead_source_reddens_the_run_and_stops_nothing(
    dagbag, workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    (workplace.settings.home / "imports" / "notes.csv").write_text("colour,size\nred,3\n")
    run(dagbag, "claims_changed")
    for task in dagbag.dags["hourly_listen"].tasks:
        monkeypatch.setattr(task, "retries", 0)
    assert run(dagbag, "hourly_listen") == "failed"
    assert counts(workplace)["alerts"] > 0, "the good file was read, screened and alarmed all the same"
    with workplace.engine.begin() as connection:
        outcomes = connection.execute(sa.select(ingest_runs.c.outcome, ingest_runs.c.detail)).all()
    assert {row.outcome for row in outcomes} == {"ok", "failed"}
    (detail,) = (row.detail for row in outcomes if row.outcome == "failed")
    assert "notes.csv" in detail
    assert "colour" not in detail, "what may be a post of a file without a header stays out of the ledger"


def test_nothing_of_a_post_reaches_xcom_or_logs(
    dagbag, workplace: Workplace, dropped: None, relay: Relay, airflow_home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    run(dagbag, "claims_changed")
    outcome = dagbag.dags["hourly_listen"].test(run_conf={"now": NOW})
    passed = [str(instance.xcom_pull(task_ids=instance.task_id)) for instance in outcome.get_task_instances()]
    printed = capfd.readouterr()
    logs = [path.read_text(errors="replace") for path in (airflow_home / "logs").rglob("*.log")]
    everything = "\n".join([*passed, *logs, printed.out, printed.err])
    assert "hourly_listen" in everything
    for text in (*SPREADING, *OTHERS):
        assert text[:25] not in everything
