"""Each connector in its rig: the loopback of its platform, which serves invented posts about an invented practice."""

import pytest

from tests.sources.rigs import NOW, PRACTICE, platforms, rigged
from tests.sources.rigs.reddit import PLATFORM as REDDIT
from tests.sources.rigs.x import PLATFORM as X

PLATFORMS = platforms()


@pytest.fixture(params=PLATFORMS, ids=[platform.name for platform in PLATFORMS])
def rig(request):
    """All platforms, one after the other; a test of what the platform has not is skipped and says so."""
    marker = request.node.get_closest_marker("needs")
    missing = sorted(request.param.lacks.intersection(marker.args if marker else ()))
    if missing:
        pytest.skip(f"{request.param.name} has no {', '.join(missing)}")
    with rigged(request.param) as made:
        yield made
        assert not made.server.strays, "asked for what no route of the platform knows"


@pytest.fixture
def reddit():
    with rigged(REDDIT) as made:
        yield made


@pytest.fixture
def x():
    with rigged(X) as made:
        yield made


@pytest.fixture
def now():
    return NOW


@pytest.fixture
def practice():
    return PRACTICE
