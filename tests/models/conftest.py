"""The shipped encoder, loaded once for all tests, and the tiny one."""

import pytest

from models.encoder import Encoder, load_encoder
from tests.fakes import FakeEncoder


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    return load_encoder()


@pytest.fixture
def tiny() -> FakeEncoder:
    return FakeEncoder()
