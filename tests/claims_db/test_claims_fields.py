"""Every field the schema refuses, with the line the loader names."""

from pathlib import Path

import pytest

from claims_db import load_claims

ENTRY = (Path(__file__).parent / "entry.yaml").read_text(encoding="utf-8")


def line_of(text: str, needle: str) -> int:
    lines = [number for number, line in enumerate(text.splitlines(), 1) if needle in line]
    assert len(lines) == 1, f"{needle!r} stands on lines {lines}"
    return lines[0]


def edited(old: str, new: str) -> str:
    assert ENTRY.count(old) == 1, f"{old!r} must stand once"
    return ENTRY.replace(old, new)


@pytest.mark.parametrize("field", [line.split(":")[0].strip(" -") for line in ENTRY.splitlines() if line[2:3] != " "])
def test_a_missing_field_is_refused_at_its_claim_unless_optional(write, assert_refused, tmp_path, field):
    lines = ENTRY.splitlines()
    start = next(number for number, line in enumerate(lines) if line[2:].startswith(f"{field}:"))
    stop = next((number for number in range(start + 1, len(lines)) if lines[number][2] != " "), len(lines))
    text = "\n".join(lines[:start] + lines[stop:]) + "\n"
    text = text if text.startswith("- ") else "- " + text.removeprefix("  ")
    optional = {"as_of_basis", "review_note"}
    if field in optional:
        write(tmp_path, text)
        assert len(load_claims(tmp_path)) == 1
    elif field == "as_of_precision":
        assert_refused(text, line_of(text, "as_of: "), "go together")
    else:
        assert_refused(text, 1, f"'{field}' is missing")


@pytest.mark.parametrize("field", ["publisher", "title", "address", "verified", "date"])
def test_a_missing_evidence_field_is_refused(assert_refused, field):
    kept = [line for line in ENTRY.splitlines() if line.strip(" -").split(":")[0] != field]
    text = "\n".join(kept) + "\n"
    if field == "publisher":
        text = text.replace("      title:", "    - title:")
    first = "- title:" if field == "publisher" else "- publisher:"

    assert_refused(text, line_of(text, first), f"'{field}' is missing")


WRONG_VALUES = [
    ("id: vax-moon-dust", "id: Vax_Moon", "id 'Vax_Moon' must be lower-case"),
    ("id: vax-moon-dust", "id: 42", "id must be text, not a number"),
    ("id: vax-moon-dust", "id: [a, b]", "id must be text, not a list"),
    ("claim: Moon dust in vaccines turns children green.", "claim: ''", "claim is empty"),
    ("claim: Moon dust in vaccines turns children green.", "claim:", "claim must be text, not nothing"),
    ("claim: Moon dust in vaccines turns children green.", "claim: the", "too broad"),
    ("claim: Moon dust in vaccines turns children green.", "claim: vaccines", "too broad"),
    ("claim: Moon dust in vaccines turns children green.", "claim: Vaccines, vaccines, vaccines!", "too broad"),
    ("claim: Moon dust in vaccines turns children green.", f"claim: {'moon dust vaccine ' * 20}", "characters"),
    ("claim: Moon dust in vaccines turns children green.", 'claim: "moon dust\\nvaccine"', "one paragraph"),
    ("claim: Moon dust in vaccines turns children green.", 'claim: " moon dust vaccine"', "a space"),
    ("- moon dust in the shot turned my kid green", "- green", "variants 1 is too broad"),
    ("- moon dust in the shot turned my kid green", "- no", "variants 1 must be text, not true or false"),
    ("- moon dust in the shot turned my kid green", "- 2026-01-01", "variants 1 must be text, not a date"),
    ("- moon dust in the shot turned my kid green", "- what they did to it", "and has 0 (none)"),
    ("rating: 'false'", "rating: 'true'", "rating must be one of false, misleading, unproven, not 'true'"),
    ("rating: 'false'", "rating: false", "put it in quotes"),
    ("harm: high", "harm: severe", "harm must be one of low, medium, high, not 'severe'"),
    ("language: en", "language: tlh", "language must be one of en"),
    ("as_of_precision: day", "as_of_precision: year", "as_of_precision must be one of day, month"),
    ("as_of_basis: dated-source-note", "as_of_basis: hearsay", "as_of_basis must be one of"),
    ("as_of: 2026-08-19", "as_of: soon", "as_of must be a date"),
    ("as_of: 2026-08-19", "as_of: 2026-02-30", "not a date"),
    ("as_of: 2026-08-19", "as_of: 2026-08-19 10:00:00", "not a date"),
    ("as_of: 2026-08-19", "as_of: '2026-08-19'", "as_of must be a date as YYYY-MM-DD or null, not text"),
    ("as_of: 2026-08-19", "as_of: 9026-08-19", "the year 9026"),
    ("date: 2025-12-11", "date: 2026-08-20", "later than as_of"),
    ("date: 2025-12-11", "date: 0025-12-11", "the year 25"),
    ("date: 2025-12-11", "date: 2025", "date must be a date as YYYY-MM-DD or null, not a number"),
    ("verified: true", "verified: maybe", "verified must be true or false, not text"),
    ("verified: true", "verified: 'true'", "verified must be true or false, not text"),
    ("- moon dust vaccine", "- the", "too broad"),
    ("- moon dust vaccine", "- vaccines", "too broad"),
    ("- moon dust vaccine", "- md", "too short"),
    ("- moon dust vaccine", "- Moon Dust", "must be lower case"),
    ("- moon dust vaccine", "- moon  dust", "single spaces"),
    ("- moon dust vaccine", "- from:cdcgov moon", "only letters"),
    ("- moon dust vaccine", "- '-moon dust'", "only letters"),
    ("- moon dust vaccine", "- '\"moon dust\" vaccine'", "only letters"),
    ("- moon dust vaccine", "- what they did", "only stop words"),
    ("- Astronauts brought moon dust back to Earth.", "- moon dust in the SHOT turned my kid green", "repeats"),
    ("- Astronauts brought moon dust back to Earth.", "- true", "true_neighbours 1 must be text"),
    ("- publisher: Lunar Institute", "- publisher: ''", "publisher is empty"),
    ("review_note: Ask a clinician.", "review_note: [ask]", "review_note must be text, not a list"),
]


@pytest.mark.parametrize(("old", "new", "message"), WRONG_VALUES)
def test_a_wrong_value_is_refused_at_its_own_line(assert_refused, old, new, message):
    assert_refused(edited(old, new), line_of(ENTRY, old), message)


WRONG_LISTS = [
    ("  variants:\n", "variants: []", "variants has 0 entries"),
    ("  variants:\n", "variants: moon dust", "variants must be a list, not text"),
    ("  keywords:\n", "keywords: []", "keywords has 0 entries"),
    ("  keywords:\n", f"keywords: [{', '.join(f'moon dust {n}' for n in range(9))}]", "between 1 and 8"),
    ("  true_neighbours:\n", "true_neighbours: null", "true_neighbours must be a list, not nothing"),
    ("  evidence:\n", "evidence: {publisher: Lunar Institute}", "evidence must be a list, not a group of fields"),
    ("  evidence:\n", "evidence: [a page]", "evidence must be a list of entries"),
]


@pytest.mark.parametrize(("old", "new", "message"), WRONG_LISTS)
def test_a_wrong_list_is_refused_at_its_own_line(assert_refused, old, new, message):
    lines = ENTRY.splitlines()
    start = line_of(ENTRY, old.strip()) - 1
    stop = next(number for number in range(start + 1, len(lines)) if lines[number][2] != " ")
    text = "\n".join([*lines[:start], f"  {new}", *lines[stop:]]) + "\n"

    assert_refused(text, start + 1, message)


def test_repeated_keywords_and_variants_are_refused(assert_refused):
    text = edited("    - moon dust vaccine\n", "    - moon dust vaccine\n    - moon dust vaccine\n")
    assert_refused(text, line_of(ENTRY, "- moon dust vaccine") + 1, "stands twice")

    text = edited("- they put moon dust in vaccines, kids glow green", "- moon dust in vaccines turns children GREEN.")
    assert_refused(text, line_of(ENTRY, "- they put moon"), "repeats the claim")


ADDRESSES = [
    "javascript:alert(1)",
    "ftp://www.cdc.gov/file",
    "www.cdc.gov/page",
    "//www.cdc.gov/page",
    "https:///page",
    "https://user@www.cdc.gov/",
    "https://user:secret@www.cdc.gov/",
    "https://www.cdc.gov@evil.net/",
    "https://localhost/page",
    "https://wiki/page",
    "https://printer.local/page",
    "https://127.0.0.1/page",
    "https://127.1/page",
    "https://0x7f.0x1/page",
    "https://2130706433/page",
    "https://[::1]/page",
    "https://[bad/page",
    "https://www.cdc.gov:8443/page",
    "https://www.cdc.gov:port/page",
    "https://www.cdc.gov./page",
    "https://-www.cdc.gov/page",
    "https://www..cdc.gov/page",
    "https://www.cdc.gov/a page",
    "https://www.cdc.gov\\\\@evil.net/",
    "https://www.cdc.gov/<script>",
    "https://www.cdc.gov/caf\u00e9",
    "https://\u0441dc.gov/page",
    "https://www.cdc.gov/\\t",
    "https://www.cdc.gov/\\n",
    "https://www.cdc.gov/\\u202e",
    "https://www.cdc.gov/" + "a" * 500,
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_that_is_no_public_page_is_refused(assert_refused, address):
    text = edited("address: https://www.cdc.gov/moon-dust.html", f'address: "{address}"')

    assert_refused(text, line_of(ENTRY, "address:"), "address ")


@pytest.mark.parametrize(
    "address",
    [
        "http://www.bmj.com/content/378/bmj-2021-067606",
        "https://doi.org/10.1016/S0140-6736(22)00791-7",
        "https://www.who.int/detail/post-covid-19-condition-%28long-covid%29?x=1&y='2'#top",
        "https://xn--caf-dma.example.org/",
    ],
)
def test_a_public_address_is_taken(write, tmp_path, address):
    write(tmp_path, edited("https://www.cdc.gov/moon-dust.html", f'"{address}"'))

    assert load_claims(tmp_path)[0].evidence[0].address == address


def test_high_harm_without_evidence_needs_a_review_note(write, assert_refused, tmp_path):
    bare = ENTRY[: ENTRY.index("  evidence:")] + "  evidence: []\n"
    assert_refused(bare, line_of(bare, "evidence:"), "high harm needs evidence")

    write(tmp_path, bare + "  review_note: Nobody has written about it yet.\n")
    assert load_claims(tmp_path)[0].evidence == ()

    write(tmp_path, bare.replace("harm: high", "harm: medium"))
    assert load_claims(tmp_path)[0].harm == "medium"


def test_a_month_covers_evidence_of_the_same_month(write, assert_refused, tmp_path):
    text = edited("as_of: 2026-08-19", "as_of: 2026-08-01").replace("precision: day", "precision: month")
    write(tmp_path, text.replace("date: 2025-12-11", "date: 2026-08-30"))
    assert len(load_claims(tmp_path)) == 1

    later = text.replace("date: 2025-12-11", "date: 2026-09-01")
    assert_refused(later, line_of(later, "date: 2026-09-01"), "later than as_of")


def test_unknown_fields_are_refused(assert_refused):
    text = edited("  language: en\n", "  language: en\n  severity: high\n")
    assert_refused(text, line_of(text, "severity"), "unknown field 'severity'")

    text = edited("      verified: true\n", "      verified: true\n      url: x\n")
    assert_refused(text, line_of(text, "url"), "unknown field 'url'")
