"""Files of posts for the tests of `imports`, and the source that reads them."""

import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import openpyxl

from pipeline.config import read_settings
from pipeline.listening import Listening
from pipeline.sources.imports import Imports, file_query
from pipeline.sources.reading import PassState, read_pass

NOW = datetime(2026, 10, 12, 12, 0, tzinfo=UTC)


def imports(folder: Path) -> Imports:
    return Imports(read_settings({"AUSCULT_HOME": str(folder)}), Listening())


def read_file(path: Path, **options):
    query = file_query(path, **options)
    reads = list(read_pass(imports(path.parent), query, PassState(), NOW, 10_000))
    posts = [post for read in reads for post in read.posts]
    return posts, [bad for read in reads for bad in read.quarantined]


def written(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def workbook(path: Path, **sheets: Sequence[Sequence[object]]) -> Path:
    """A workbook of these sheets, as openpyxl writes it: texts in their rows, numbers and dates as such."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    book.save(path)
    return path


def rezipped(path: Path, parts: Mapping[str, bytes | Callable[[bytes], bytes]]) -> Path:
    """The workbook with some of its parts replaced, changed or added."""
    with zipfile.ZipFile(path) as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    for name, part in parts.items():
        held[name] = part if isinstance(part, bytes) else part(held[name])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in held.items():
            archive.writestr(name, content)
    return path


def with_shared_texts(path: Path) -> Path:
    """The workbook of one sheet as Excel writes it: its texts are in a part of their own, each once."""
    texts: dict[bytes, int] = {}

    def share(found: re.Match[bytes]) -> bytes:
        return b' t="s"><v>%d</v>' % texts.setdefault(found[1], len(texts))

    name, kind = "xl/sharedStrings.xml", "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    inline = re.compile(rb' t="inlineStr"><is><t(?: xml:space="preserve")?>(.*?)</t></is>', re.DOTALL)
    listed = f'<Override PartName="/{name}" ContentType="{kind}"/></Types>'.encode()
    rezipped(path, {"xl/worksheets/sheet1.xml": lambda part: inline.sub(share, part)})
    table = b"".join(b"<si><t>%b</t></si>" % text for text in texts)
    space = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    shared = b'<?xml version="1.0"?><sst xmlns="%b">%b</sst>' % (space, table)
    return rezipped(path, {name: shared, "[Content_Types].xml": lambda part: part.replace(b"</Types>", listed)})


def many_in_a_sheet(folder, count, name="many.xlsx", words="Words"):
    return workbook(folder / name, S=[["id", "text"], *([number, f"{words} {number}"] for number in range(count))])


def swapped(part, held, other):
    assert held in part, "the workbook is written otherwise than this test expects"
    return part.replace(held, other)


HEADER = ["Post ID", "Created_At", "Full Text", "Author", "Permalink", "Likes"]
ROW = ["77", "2026-10-01 09:30:00", "The clinic, they said, is closed.", "someone", "https://example.org/p/77", "1,204"]

MOMENT = datetime(2026, 10, 1, 17, 12, tzinfo=UTC)
UNIX = str(int(MOMENT.timestamp()))
X_ID = "2109486715499446273"

# One header of each export as its tool writes it, and one row.
FOURCAT = {
    "tiktok": {
        **{"id": "7421000000000000123", "thread_id": "7421000000000000123", "author": "pat_example"},
        **{"author_id": "681", "body": "Larkspur was kind", "timestamp": "2026-10-01 19:12:00"},
        **{"unix_timestamp": UNIX, "likes": "7"},
        **{"tiktok_url": "https://tiktok.com/@pat_example/video/7421000000000000123", "plays": "90", "comments": "2"},
        **{"video_url": "https://cdn.example/v", "shares": "1"},
    },
    "instagram": {
        **{"id": "DAbcDEf", "thread_id": "DAbcDEf", "parent_id": "DAbcDEf", "body": "Larkspur was kind"},
        **{"author": "pat_example", "timestamp": "2026-10-01 19:12:00", "type": "photo", "num_likes": "7"},
        **{"url": "https://www.instagram.com/p/DAbcDEf", "num_comments": "2", "unix_timestamp": UNIX},
    },
    "threads": {
        **{"id": "DAxYz", "thread_id": "DAxYz", "url": "https://www.threads.com/@pat_example/post/DAxYz"},
        **{"body": "Larkspur was kind", "timestamp": "2026-10-01 19:12:00", "author": "pat_example", "likes": "7"},
        **{"reposts": "1", "replies": "2", "unix_timestamp": UNIX},
    },
    "linkedin": {
        **{"id": "7380000000000000321", "thread_id": "7380000000000000321", "body": "Larkspur was kind"},
        **{"timestamp": "2026-10-01 17:12:00", "author": "in/pat-example", "author_name": "Pat Example"},
        **{"post_url": "https://www.linkedin.com/feed/update/urn:li:activity:7380000000000000321", "link_url": ""},
        **{"comments": "2", "shares": "1", "reactions": "7", "unix_timestamp": UNIX},
    },
    "facebook": {
        **{"id": "1220000", "url": "https://www.facebook.com/pat.example/posts/1220000", "body": "Larkspur was kind"},
        **{"timestamp": "2026-10-01 19:12:00", "author": "pat.example", "author_name": "Pat Example"},
        **{"is_in_group": "yes", "group_name": "portalder", "unix_timestamp": UNIX},
    },
    "x": {
        **{"id": X_ID, "thread_id": X_ID, "timestamp": "2026-10-01 17:12:00", "unix_timestamp": UNIX},
        **{"link": "https://x.com/pat_example/status/VHdlZXQ6", "body": "Larkspur was kind", "author": "pat_example"},
        **{"author_fullname": "Pat Example", "author_id": "681", "language_guess": "en", "retweet_count": "1"},
        **{"reply_count": "2", "like_count": "7", "impression_count": "90"},
    },
}


BRANDWATCH = {
    **{"Query Id": "1", "Query Name": "Larkspur", "Date": "2026-10-01 17:12:00.0", "Title": "Pat Example (@pat)"},
    **{"Snippet": "…was kind", "Url": f"http://twitter.com/pat/statuses/{X_ID}", "Domain": "twitter.com"},
    **{
        "Sentiment": "positive",
        "Page Type": "twitter",
        "Language": "en",
        "Author": "pat",
        "Full Text": "Larkspur was kind",
    },
    **{"X Likes": "7", "Facebook Likes": "0", "Thread Id": "0", "X Reposts": "1"},
}
PREAMBLE = [
    *(["Report:", "Bulk Mentions Download"], ["Brand:", "Larkspur"], ["From:", "2026-10-01"], ["To:", "2026-10-02"]),
    *(["Label:", "x"], ["Query:", '"Larkspur" OR\n"Port Alder clinic"\nAND raw:(comment)'], []),
]


MELTWATER = {
    **{"Date": "01-Oct-2026 05:12PM", "Headline": "", "URL": f"https://twitter.com/pat/statuses/{X_ID}"},
    **{"Opening Text": "Larkspur", "Hit Sentence": "Larkspur was kind", "Source": "Twitter", "Influencer": "@pat"},
    **{
        "Country": "United States",
        "Subregion": "Maine",
        "Language": "English",
        "Reach": "120",
        "Sentiment": "Positive",
    },
    **{"Tweet Id": f'"{X_ID}"', "Twitter Id": "6.81E+17", "Alternate Date Format": "01-Oct-26", "Time": "5:12 PM"},
}
MELTWATER_NEW = {
    **{
        "Date": "2026-10-01",
        "Time": "05:12 PM",
        "Document ID": '"1759338720000_K49"',
        "URL": "https://gazette.example/a",
    },
    **{"Source Type": "Online News", "Source Name": "Port Alder Gazette", "Content Type": "post", "Title": "A clinic"},
    **{"Author Name": "Pat Example", "Author Handle": "", "Opening Text": "A clinic opened.", "Views": "90"},
    **{"Hit Sentence": "Larkspur was kind.", "Language": "English", "Likes": "", "Reactions": "7", "Replies": "0"},
}


SPROUT = {
    **{"Timestamp (ET)": "10/01/2026 1:12 pm", "Network": "Facebook", "Message Type": "Comment", "From": "Pat Example"},
    **{
        "Message": "Larkspur was kind",
        "Sentiment": "Positive",
        "Permalink": "https://www.facebook.com/7",
        "Profile": "Us",
    },
}
