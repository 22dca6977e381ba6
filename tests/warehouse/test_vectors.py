"""Vectors come back bit by bit, are what pgvector takes them for, and are kept once."""

from datetime import UTC, datetime

import numpy as np
import psycopg
import pytest
import sqlalchemy as sa

from pipeline.warehouse.copying import copy_rows
from pipeline.warehouse.tables import quarantine, vectors
from pipeline.warehouse.vectors import read_vectors, store_vectors
from pipeline.workplace import Workplace

NOW = datetime(2026, 10, 12, 15, tzinfo=UTC)
HASHES = [f"{number:064x}" for number in range(5)]
MADE = {name: np.random.default_rng(n).normal(size=384).astype(np.float32) for n, name in enumerate(HASHES)}


def test_they_come_back_bit_by_bit(workplace: Workplace) -> None:
    with workplace.engine.begin() as connection:
        store_vectors(connection, MADE, "m-1", of_claim=False)
    with workplace.engine.begin() as connection:
        found = read_vectors(connection, [*HASHES, "f" * 64], "m-1")
        assert read_vectors(connection, HASHES, "m-2") == {}
        told = sa.select(vectors.c.vector, sa.func.vector_norm(vectors.c.vector))
        own, length = connection.execute(told.where(vectors.c.content_hash == HASHES[2])).one()
    assert set(found) == set(HASHES)
    assert all((found[name] == vector).all() for name, vector in MADE.items())
    assert np.allclose(np.asarray(own), MADE[HASHES[2]])
    assert length == pytest.approx(np.linalg.norm(MADE[HASHES[2]]), rel=1e-5)


def test_what_another_worker_kept_stays_and_the_rest_is_added(workplace: Workplace) -> None:
    with workplace.engine.begin() as connection:
        store_vectors(connection, {HASHES[0]: MADE[HASHES[0]]}, "m-1", of_claim=True)
    other = {name: -vector for name, vector in MADE.items()}
    with workplace.engine.begin() as connection:
        store_vectors(connection, other, "m-1", of_claim=False)
        store_vectors(connection, {}, "m-1", of_claim=False)
    with workplace.engine.begin() as connection:
        found = read_vectors(connection, HASHES, "m-1")
        kinds = dict(connection.execute(sa.select(vectors.c.content_hash, vectors.c.of_claim)).tuples().all())
    assert (found[HASHES[0]] == MADE[HASHES[0]]).all()
    assert all((found[name] == other[name]).all() for name in HASHES[1:])
    assert kinds == {name: name == HASHES[0] for name in HASHES}


def test_copied_rows_are_what_was_given_whatever_is_in_them(workplace: Workplace) -> None:
    texts = ["a\tb\\n", "\\N", 'quote"s, {x}', "", "line\nfeed"]
    rows = [
        ("s", "k", str(n), None if n == 3 else str(n), "slug", text, f"{n:064x}", NOW) for n, text in enumerate(texts)
    ]
    names = [column.name for column in quarantine.columns if not column.identity]
    with workplace.engine.begin() as connection:
        copy_rows(connection, quarantine, names, rows)
        found = connection.execute(sa.select(*(quarantine.c[name] for name in names)).order_by("position")).all()
    assert [tuple(row) for row in found] == rows


def test_a_row_that_does_not_fit_is_refused_as_a_whole_and_not_quoted(workplace: Workplace) -> None:
    rows = [("secret words", "m", None)]
    with pytest.raises(psycopg.errors.NotNullViolation) as refused, workplace.engine.begin() as connection:
        copy_rows(connection, vectors, ("content_hash", "model_id", "vector"), rows)
    assert "secret words" not in f"{refused.value!r} {refused.value} {refused.value.__cause__}"
    with workplace.engine.begin() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(vectors)).scalar_one() == 0
