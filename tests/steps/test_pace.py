"""What is said of a backlog is what all workers make of it, and it is not said at every shard."""

import logging

import pytest

from pipeline.pace import Pace, describe_pace


def test_a_line_every_half_minute(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    clock, left = [0.0], [10_000]
    asked: list[int] = []

    def waiting() -> int:
        asked.append(left[0])
        return left[0]

    pace = Pace(waiting, lambda: clock[0])
    for _ in range(61):
        pace.tick()
        clock[0] += 1
        left[0] -= 100
    assert asked == [10_000, 7_000, 4_000]
    assert caplog.messages == [
        "7,000 posts wait to be screened; 100 a second are done, 0:01:10 left",
        "4,000 posts wait to be screened; 100 a second are done, 0:00:40 left",
    ]


def test_a_backlog_that_grows_has_no_end() -> None:
    assert describe_pace(500, -3.0) == "500 posts wait to be screened; as many come in as are done"
    assert describe_pace(1_000_000, 500.0).endswith("0:33:20 left")
    assert describe_pace(0, 500.0).endswith("0:00:00 left")
