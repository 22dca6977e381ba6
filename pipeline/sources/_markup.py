"""Markup as words, in linear time whatever it holds."""

import html
import re

# html.parser takes a minute for 64 KiB of "<a " and dies of "<![": three passes, each linear, do for these few tags.
_LINE_END = re.compile(r"<br\b[^<>]*+>|</li\s*+>", re.IGNORECASE)
_PARAGRAPH_END = re.compile(r"</(?:p|blockquote|pre|ul|ol|h[1-6]|div)\s*+>", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*+>")
_BLANK_LINES = re.compile(r"\n{3,}")


def text_of(markup: str) -> str:
    """The words of well-formed markup, its lines and paragraphs kept."""
    lines = _PARAGRAPH_END.sub("\n\n", _LINE_END.sub("\n", markup))
    return _BLANK_LINES.sub("\n\n", html.unescape(_TAG.sub("", lines))).strip()
