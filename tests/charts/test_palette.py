"""The colours: they stand out from both grounds, and stay apart for people who see less of red or green."""

import numpy as np
import pytest

from pipeline.alerting import charts
from pipeline.charts import palette

# Linear RGB as dichromats see it (Viénot, Brettel and Mollon 1999).
SIGHT = {
    "all cones": np.eye(3),
    "protanopia": np.array([[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]]),
    "deuteranopia": np.array([[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]]),
}
# CIELAB, D65: 2.3 is a difference that is just seen; side by side in small bars it takes a multiple.
LEAST_APART = 15
XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
WHITE = np.array([0.95047, 1.0, 1.08883])
COLOURS = {palette.BLUE, palette.VERMILION, palette.GREEN, palette.GREY}


def linear(colour: str) -> np.ndarray:
    parts = np.array(palette.red_green_blue(colour)) / 255
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def lab(colour: str, sight: np.ndarray) -> np.ndarray:
    relative = XYZ @ np.clip(sight @ linear(colour), 0, 1) / WHITE
    bent = np.where(relative > 0.008856, np.cbrt(relative), 7.787 * relative + 16 / 116)
    return np.array([116 * bent[1] - 16, 500 * (bent[0] - bent[1]), 200 * (bent[1] - bent[2])])


def contrast(one: str, other: str) -> float:
    low, high = sorted(float(XYZ[1] @ linear(colour)) for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("ground", palette.GROUNDS)
@pytest.mark.parametrize("colour", sorted(COLOURS))
def test_each_colour_stands_out_from_a_light_and_a_dark_ground(colour: str, ground: str) -> None:
    assert contrast(colour, ground) >= 3


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("pair", palette.NEIGHBOURS)
def test_neighbours_stay_apart_for_every_kind_of_colour_vision(pair: tuple[str, str], sight: str) -> None:
    one, other = (lab(colour, SIGHT[sight]) for colour in pair)
    assert np.linalg.norm(one - other) >= LEAST_APART


def test_the_measure_sees_what_dichromats_do_not() -> None:
    red, olive = lab("#C80000", SIGHT["deuteranopia"]), lab("#7A7A00", SIGHT["deuteranopia"])
    assert (
        np.linalg.norm(red - olive)
        < LEAST_APART
        < np.linalg.norm(lab("#C80000", np.eye(3)) - lab("#7A7A00", np.eye(3)))
    )


def test_mails_are_drawn_in_the_same_colours() -> None:
    drawn = {charts.BAR[:3], charts.SURGING[:3], charts.UNHEARD[:3]}
    assert drawn == {palette.red_green_blue(colour) for colour in (palette.BLUE, palette.VERMILION, palette.GREY)}
