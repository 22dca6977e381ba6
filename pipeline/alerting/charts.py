"""Small pictures for mails: posts a day as bars. They hold no text, so nothing of a post can be drawn. Pure."""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass, field

from PIL import Image, ImageDraw

from pipeline.charts import palette

# Shown at half this size, so that a phone's dense screen draws it sharp.
SCALE = 2
WIDTH, HEIGHT = 280, 56

# The ground is transparent: the colours stand out from a light and a dark one.
BAR, SURGING, UNHEARD = (
    (*palette.red_green_blue(colour), 255) for colour in (palette.COUNTED, palette.SURGING, palette.UNHEARD)
)
_NOTHING = (0, 0, 0, 0)
_LINE, _STRIPE, _LEAST = 2 * SCALE, 7 * SCALE, 3 * SCALE


@dataclass(frozen=True)
class Picture:
    """A picture inside a mail: its Content-ID without brackets, the words that replace it, and the PNG."""

    content_id: str
    alt: str
    png: bytes = field(repr=False)


def draw_days(counts: Sequence[int], covered: Sequence[bool], surging: Sequence[bool], alt: str) -> Picture:
    """One bar a day; a day that was not fully heard is striped and has no bar, for nobody knows how high it was.

    The three have one entry a day. The same input gives the same bytes, and the Content-ID is their digest.
    """
    picture = Image.new("RGBA", (WIDTH * SCALE, HEIGHT * SCALE), _NOTHING)
    pen = ImageDraw.Draw(picture)
    slot = picture.width / max(len(counts), 1)
    most = max([count for count, heard in zip(counts, covered, strict=True) if heard], default=0)
    floor = picture.height - _LINE
    for place, (count, heard, surges) in enumerate(zip(counts, covered, surging, strict=True)):
        left, right = round(place * slot + slot * 0.12), round((place + 1) * slot - slot * 0.12)
        if not heard:
            picture.paste(_stripes(right - left, floor), (left, 0))
            continue
        pen.rectangle((left, floor, right - 1, picture.height - 1), fill=UNHEARD)
        if count > 0:
            height = max(round(count / most * floor), _LEAST)
            pen.rectangle((left, floor - height, right - 1, floor - 1), fill=SURGING if surges else BAR)
    written = io.BytesIO()
    picture.save(written, "PNG", optimize=False, compress_level=9)
    png = written.getvalue()
    return Picture(f"{hashlib.sha256(png).hexdigest()[:32]}@auscult", alt, png)


def _stripes(width: int, height: int) -> Image.Image:
    stripes = Image.new("RGBA", (width, height), _NOTHING)
    pen = ImageDraw.Draw(stripes)
    for start in range(-height, width, _STRIPE):
        pen.line((start, height, start + height, 0), fill=UNHEARD, width=SCALE)
    pen.rectangle((0, 0, width - 1, height - 1), outline=UNHEARD, width=SCALE // 2)
    return stripes
