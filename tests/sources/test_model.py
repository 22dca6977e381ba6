"""A model of a source that is late, doubled, shuffled, cut short, edited, deleted and failing, against an oracle."""

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from pipeline.errors import Transient
from pipeline.sources import Page, Recheck
from pipeline.workplace import Workplace
from tests.sources.oracle import Model, fast_workplace
from tests.sources.worlds import FAULTS, OVERLAP, WorldSource

# A thousand where everything is run at length (`make chaos`).
EXAMPLES = max(200, hypothesis_settings.default.max_examples)
OPERATIONS = st.one_of(
    st.tuples(st.just("publish"), st.integers(1, 6), st.integers(0, OVERLAP - 1)),
    st.tuples(st.just("edit"), st.integers(0, 30), st.just(0)),
    st.tuples(st.just("delete"), st.integers(0, 30), st.just(0)),
    st.tuples(st.just("read"), st.integers(0, 4), st.sampled_from(FAULTS)),
    st.tuples(st.just("recheck"), st.integers(0, 2), st.sampled_from(("", "fail", "limit"))),
)


@pytest.fixture(scope="module")
def shared(server: str, tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    with fast_workplace(server, tmp_path_factory.mktemp("model")) as workplace:
        yield workplace


@pytest.mark.timeout(3600)
@hypothesis_settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None
)
@given(page_size=st.integers(1, 4), operations=st.lists(OPERATIONS, min_size=1, max_size=12))
def test_no_loss_no_double_no_return_and_a_balanced_ledger(shared, page_size, operations):
    run_and_check(Model(shared, page_size), operations)


class CursorBeforeData(WorldSource):
    """Moves on before the page is there: what failed is never asked for again."""

    def fetch_page(self, query, cursor, since):
        try:
            return super().fetch_page(query, cursor, since)
        except Transient:
            return Page([], super().fetch_page(query, cursor, since).next_cursor)


class OverflowDropped(WorldSource):
    """Reads the first page and takes it for all there is."""

    def fetch_page(self, query, cursor, since):
        page = super().fetch_page(query, cursor, since)
        return Page(page.records[:1], None)


class FailureReadAsGone(WorldSource):
    """Takes a failed recheck for an answer."""

    def recheck(self, ids):
        try:
            return super().recheck(ids)
        except Transient:
            return Recheck(frozenset(), frozenset(ids))


class IdsThatChange(WorldSource):
    """Gives a post another id at every reading."""

    def record(self, post):
        return super().record(post) | {"id": f"{post.number}-{self.world.calls}"}


BROKEN = {
    CursorBeforeData: [*[("publish", 2, 0)] * 8, ("read", 5, "fail")],
    OverflowDropped: [("publish", 6, 0), ("read", 0, "")],
    FailureReadAsGone: [("publish", 3, 0), ("read", 0, ""), ("recheck", 0, "fail")],
    IdsThatChange: [("publish", 2, 0), ("read", 0, ""), ("read", 0, "")],
}


@pytest.mark.parametrize("kind", BROKEN, ids=lambda kind: kind.__name__)
def test_a_broken_connector_is_found_out(shared, kind):
    run_and_check(Model(shared, 2), BROKEN[kind])
    with pytest.raises(AssertionError):
        run_and_check(Model(shared, 2, kind), BROKEN[kind])


def run_and_check(model, operations):
    # A first clean read sets the floor: what was never in the listing before it is nobody's loss.
    model.publish(1, 0)
    model.read(0, "")
    model.run(operations)
    model.check()
