"""YAML that is broken, hostile or more than a claims file needs is refused at its line."""

from pathlib import Path

import pytest

from claims_db import check_claims

ENTRY = (Path(__file__).parent / "entry.yaml").read_text(encoding="utf-8")
OTHER = ENTRY.replace("vax-moon-dust", "vax-sun-dust").replace("moon dust", "sun dust").replace("Moon", "Sun")


def line_of(text: str, needle: str) -> int:
    lines = [number for number, line in enumerate(text.splitlines(), 1) if needle in line]
    assert len(lines) == 1, f"{needle!r} stands on lines {lines}"
    return lines[0]


def edited(old: str, new: str) -> str:
    assert ENTRY.count(old) == 1, f"{old!r} must stand once"
    return ENTRY.replace(old, new)


def test_duplicate_keys_are_refused(assert_refused):
    text = edited("  language: en\n", "  language: en\n  rating: unproven\n")

    problem = assert_refused(text, line_of(text, "rating: unproven"), "'rating' stands twice")
    assert f"line {line_of(text, 'rating: ' + chr(39))}" in problem.message


BOMB = "- &a [lol, lol]\n" + "".join(
    f"- &{new} [*{old}, *{old}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
HOSTILE = [
    (BOMB, 1, "anchors"),
    (edited("rating: 'false'", "rating: *r"), 7, "aliases"),
    (edited("id: vax-moon-dust", "&top id: vax-moon-dust"), 1, "a key must be a plain word"),
    (edited("claim: Moon", "claim: &c Moon"), 3, "anchors"),
    (edited("language: en", "language: en\n  <<: {x: y}"), line_of(ENTRY, "language") + 1, "unknown field '<<'"),
    (edited("claim: Moon", "claim: !!python/object/apply:os.system ['id'] #"), 3, "tags are not allowed"),
    (edited("claim: Moon", "claim: !!str Moon"), 3, "tags are not allowed"),
    (edited("claim: Moon", "claim: !vaccine Moon"), 3, "tags are not allowed"),
    (edited("  language: en", "  !!str language: en"), line_of(ENTRY, "language"), "a key must be a plain word"),
    (edited("  language: en", "  ? [language]\n  : en"), line_of(ENTRY, "language"), "a key must be a plain word"),
    (ENTRY + "---\n" + OTHER, len(ENTRY.splitlines()) + 1, "one YAML document"),
    ("\n\n" + "[" * 40 + "]" * 40, 3, "nested deeper"),
    ("- a\n" + "[" * 20000, 2, "is not valid YAML"),
    (edited("harm: high", "harm: high\n\tlow: x"), 9, "is not valid YAML"),
    (edited("harm: high", '"\\e[31mred": 1\n  harm: high'), 8, "a key must be a plain word"),
    (edited("harm: high", f"{'k' * 61}: 1\n  harm: high"), 8, "a key must be a plain word"),
    (edited("harm: high", 'harm: "\\e[31mred"'), 8, "\\x1b"),
    (edited("harm: high", "harm: 'high"), 8, "is not valid YAML"),
    (edited("harm: high", "harm: @high"), 8, "is not valid YAML"),
    (edited("harm: high", 'harm: "\\ud800"'), 8, ""),
    (edited("harm_reason: Parents", 'harm_reason: "\\0" # Parents'), 9, "U+0000"),
    (edited("harm_reason: Parents", 'harm_reason: "\\u202Eab" # Parents'), 9, "RIGHT-TO-LEFT OVERRIDE"),
    (edited("harm_reason: Parents", "harm_reason: \u202eParents"), 9, "RIGHT-TO-LEFT OVERRIDE"),
    (edited("harm_reason: Parents", "harm_reason: Par\u200bents"), 9, "ZERO WIDTH SPACE"),
    (edited("harm_reason: Parents", "harm_reason: Par\x00ents"), 9, "U+0000"),
    (edited("harm_reason: Parents", "harm_reason: Par\x1bents"), 9, "U+001B"),
    (edited("harm_reason: Parents", "harm_reason: Par\u2028ents"), 9, "LINE SEPARATOR"),
    (edited("harm_reason: Parents", "harm_reason: Par\x85ents"), 9, "U+0085"),
    (edited("harm_reason: Parents", "harm_reason: Par\rents"), 9, "U+000D"),
    (ENTRY.encode().replace(b"Parents", b"Par\xffents"), 9, "not UTF-8"),
    (ENTRY.encode().replace(b"Parents", b"Par\xed\xa0\x80ents"), 9, "not UTF-8"),
    (ENTRY.encode("utf-16"), 1, "not UTF-8"),
    (b"# " + b"x" * (512 * 1024), 1, "larger than"),
    ("", 1, "holds no claims"),
    ("# nothing here\n", 1, "holds no claims"),
    ("[]\n", 1, "holds no claims"),
    ("claims:\n  - x\n", 1, "must be a list of claims"),
    ("just words\n", 1, "must be a list of claims"),
    ("- just words\n- 7\n"[:13], 1, "must be a list of 'field: value' lines"),
]


@pytest.mark.parametrize(("text", "line", "message"), HOSTILE)
def test_hostile_or_broken_yaml_is_refused(assert_refused, text, line, message):
    assert_refused(text, line, message)


def test_a_python_tag_never_runs(write, tmp_path):
    mark = tmp_path / "ran"
    write(
        tmp_path / "claims",
        f"- !!python/object/apply:pathlib.Path.touch [!!python/object/apply:pathlib.Path ['{mark}']]\n",
    )

    assert len(check_claims(tmp_path / "claims")) == 1
    assert not mark.exists()
