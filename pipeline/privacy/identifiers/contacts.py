"""Ways to reach a person: mail, pages, handles, network addresses, picture files, in plain and in disguise."""

import re
from collections.abc import Iterator

from pipeline.privacy.identifiers.find import Find, any_of, of_matches, word_table
from pipeline.privacy.identifiers.surface import Kind, Surface

_WORDS = word_table("contacts")
_TLD = any_of(_WORDS["domains"])
_AT = r"(?:\s*[\[({<]\s*(?:at|arroba|@)\s*[\])}>]\s*|\s+(?:at|arroba)\s+)"
_DOT = r"(?:\s*[\[({<]\s*(?:dot|punto|\.)\s*[\])}>]\s*|\s+(?:dot|punto|period)\s+)"
_LETTERS = r"(?:\w ){2,30}\w"
_MAILS = (
    re.compile(r"\[?(?<![\w.+-])[\w.+-]++\]?@[\w-]++(?:\.[\w-]++)*+"),
    re.compile(rf"(?<!\w)(?:{_LETTERS}|[\w.+-]{{1,64}}) ?@ ?(?:{_LETTERS}|[\w-]{{1,64}}) ?(?:\.|dot) ?[\w-]{{2,64}}"),
    re.compile(
        rf"(?<!\w)[\w+-]{{1,64}}(?:(?:{_DOT}|\.|\s+(?:underscore|dash|hyphen|minus"
        rf"|plus)\s+)[\w+-]{{1,64}}){{0,4}}{_AT}"
        rf"(?:{_LETTERS}|[\w-]{{1,64}})(?:(?:{_DOT})[\w-]{{1,64}}){{1,3}}"
    ),
    re.compile(r"(?<!\w)[\w.+-]{1,64}\s*[\[({<]\s*(?:at|arroba)\s*[\])}>]\s*[\w-]{1,64}\.[\w.-]{2,64}"),
    re.compile(r"(?<!\w)[\w.+-]{1,64}\s+(?:at|arroba)\s+(?:gmail|yahoo|hotmail|outlook|aol|icloud|proton(?:mail)?)\b"),
    re.compile(
        rf"(?<!\w)(?=[\w.+-]*[\d._+])[\w.+-]{{1,64}}\s+(?:at"
        rf"|arroba)\s+[\w-]{{1,64}}\.(?:{_TLD})\b(?=\W*(?:$|[,;)]|please|thanks))"
    ),
)
_HALF_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]{3,64}+@(?=[\s,;!?]|$)")
_MAY_MAIL = re.compile(r"@|\b(?:at|arroba)\b")
_ROLE = re.compile(any_of(_WORDS["role_mailboxes"]) + r"@")
_LINK = re.compile(r"(?:\bh(?:tt|xx)ps?(?::|\[:\])//|\bwww\.)[^\s<>\"]++")
_BARE_LINK = re.compile(rf"(?<![\w@.-])(?:[\w-]++(?:\.|\[\.\]))++(?:{_TLD})\b(?:[/?][^\s<>\"]*+)?")
_SPOKEN_LINK = re.compile(rf"\b[\w-]{{2,64}} dot {_TLD}\b(?: (?:slash|/) [\w-]{{1,64}}){{0,4}}")
_PUBLIC_HOST = re.compile(any_of(_WORDS["public_hosts"]))
_PUBLIC_CUE = re.compile(r"\b" + any_of(_WORDS["public_page_cues"]) + r"\b")
_OWN_CUE = re.compile(r"\b" + any_of(_WORDS["own_page_cues"]) + r"\b")
_TAIL = ".,;:!?)]}'\"*"
_CASH = re.compile(r"(?<![\w$])\$[A-Za-z]\w{2,30}")
_HANDLE = re.compile(r"(?<![\w@.+-])(?:@ ?|\(at\) ?|\[at\] ?)\w(?:[\w.-]*\w)?")
_REDDIT = re.compile(r"(?<![\w/])/?u/([\w-]++)")
_TAGGED = re.compile(r"(?<![\w#@])[\w.]{2,32}#\d{4}\b")
_LABELLED = re.compile(
    rf"\b{any_of(_WORDS['handle_labels'])}\b(?:[ ]?(?:is|es|:|=|,|-|id|name|me|at|under|handle|account"
    rf"|user|username|as|on|\()){{0,3}}"
    rf"[ ]?[:=]?[ ]?[\"'(@]{{0,2}}((?=[\w.-]*[._\d]|\w{{4,}})[\w.-]{{3,40}})"
)
_PUBLIC_HANDLE = re.compile(any_of(_WORDS["public_handles"]))
_OCTET = r"(?:\d{1,3}|x{1,3}|\*)"
_ADDRESSES = (
    re.compile(rf"(?<![\d.])\d{{1,3}}(?:(?:\.|\[\.\]| ?dot ?| \. ){_OCTET}){{3}}(?![\d.]\d)"),
    re.compile(
        r"(?<![\w:])(?:[0-9a-f]{1,4}:){2,7}:?(?:[0-9a-f]{1,4}:?){0,6}(?::[0-9a-f]{1,4}){0,6}(?:/\d{1,3})?(?!\w)"
    ),
    re.compile(r"(?<![\w:])(?:[0-9a-f]{1,4}:){1,7}:(?:[0-9a-f]{1,4}:?){0,6}(?:/\d{1,3})?(?!\w)"),
    re.compile(r"(?<![\w:-])[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}(?![\w:-])"),
    re.compile(r"(?<![\w.])[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}(?![\w.])"),
)
_VERSION = re.compile(r"(?:version|build|firmware|ios|android|update|\bv)\.? $")
_WELL_KNOWN = frozenset(("8.8.8.8", "8.8.4.4", "1.1.1.1", "127.0.0.1", "192.168.1.1", "192.168.0.1", "10.0.0.1"))
_MEDIA = any_of(_WORDS["media_files"])
_FILE = re.compile(
    rf"(?<![\w.])(?:[\w(][\w()#'-]{{0,40}} (?=[^\n.]{{0,60}}\.)){{0,4}}?(?:[\w()#'./-]{{1,100}})\.{_MEDIA}\b"
)
_PUBLIC_FILE = re.compile(any_of(_WORDS["public_files"]))
_DOCUMENT = re.compile(r"\.(?:pdf|docx?|xlsx?|csv|txt|pptx?|zip)$")


def find_contacts(surface: Surface) -> Iterator[Find]:
    """Mail addresses, links, handles, network addresses and file names of pictures and recordings."""
    yield from _mails(surface)
    yield from _links(surface)
    yield from _handles(surface)
    for pattern in _ADDRESSES:
        for match in pattern.finditer(surface.lower):
            before = surface.lower[max(0, match.start() - 12) : match.start()]
            if (
                match.group() not in _WELL_KNOWN
                and not _VERSION.search(before)
                and len(re.findall(r"[0-9a-fx*]", match.group())) > 3
            ):
                yield Find("ip_address", match.start(), match.end())
    yield from _files(surface)


def contact_places(surface: Surface) -> Iterator[tuple[int, int]]:
    """Where mail addresses, links, handles and files stand, a person's or not: nothing else is sought in them."""
    for pattern in (_MAILS[0], _LINK, _BARE_LINK, _FILE, _HANDLE, _ADDRESSES[0]):
        for match in pattern.finditer(surface.lower):
            yield match.span()


def _mails(surface: Surface) -> Iterator[Find]:
    if not _MAY_MAIL.search(surface.lower):
        return
    for pattern in (*_MAILS, _HALF_MAIL):
        for match in pattern.finditer(surface.lower):
            if not _ROLE.match(match.group()):
                yield Find("email", match.start(), match.end() - len(match.group()) + len(match.group().rstrip(_TAIL)))


def _links(surface: Surface) -> Iterator[Find]:
    lower = surface.lower
    for pattern in (_LINK, _BARE_LINK, _SPOKEN_LINK):
        for match in pattern.finditer(lower):
            link = match.group().rstrip(_TAIL)
            if not _is_public_link(link, lower[max(0, match.start() - 60) : match.start()]):
                yield Find("url", match.start(), match.start() + len(link))


def _is_public_link(link: str, before: str) -> bool:
    host, _, path = re.sub(r"^h\w\w?ps?\S{0,3}//", "", link).partition("/")
    if _PUBLIC_HOST.search(host):
        return True
    if _OWN_CUE.search(before):
        return False
    return not path.strip("/") or bool(_PUBLIC_CUE.search(before))


def _handles(surface: Surface) -> Iterator[Find]:
    for match in _HANDLE.finditer(surface.plain):
        name = match.group().lstrip("@( )[]at") if match.group()[0] in "([" else match.group().lstrip("@ ")
        if not _PUBLIC_HANDLE.fullmatch(name.lower()):
            yield Find("handle", match.start(), match.end())
    yield from of_matches("handle", _REDDIT.finditer(surface.plain), 1)
    yield from of_matches("handle", _TAGGED.finditer(surface.plain))
    yield from of_matches("handle", _CASH.finditer(surface.plain))
    for match in _LABELLED.finditer(surface.lower):
        name = match.group(1)
        if re.search(r"[._\d]", name.strip(".-")) and not re.fullmatch(r"[\d.]+", name):
            yield Find("handle", match.start(1), match.start(1) + len(name.rstrip(".-")))


def _files(surface: Surface) -> Iterator[Find]:
    for match in _FILE.finditer(surface.lower):
        name = match.group()
        near = surface.lower[max(0, match.start() - 25) : match.end() + 25]
        if _PUBLIC_FILE.search(name) or (_DOCUMENT.search(name) and _PUBLIC_FILE.search(near)):
            continue
        yield Find(_file_kind(near), _file_start(surface.lower, name, match.start()), match.end())


def _file_kind(near: str) -> Kind:
    return "biometric" if re.search(r"voice|gait|genom|retina|finger|iris|biomet", near) else "photo_reference"


def _file_start(lower: str, name: str, start: int) -> int:
    # In quotation marks the whole of it.
    quoted = re.search(r"\"[^\"\n]{0,60}$", lower[max(0, start - 60) : start + len(name) - 1])
    if quoted:
        return max(0, start - 60) + quoted.start() + 1
    # Of "please look at brain 004 (Lazlo M).dcm" the name begins where digits, brackets or underscores do.
    words = name.split(" ")
    first = len(words) - 1
    while first and (re.match(r"[\d(]", words[first]) or re.search(r"[\d()_]", words[first - 1])):
        first -= 1
    return start + sum(len(word) + 1 for word in words[:first])
