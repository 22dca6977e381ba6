"""Read a small, plain subset of YAML with line numbers; refuse everything a claims file has no use for."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, TypeAlias

import yaml

from claims_db.wording import first_hidden_character, name_character

MAX_FILE_BYTES: Final = 512 * 1024
MAX_DEPTH: Final = 6
# What a message repeats from the file, so that no file can flood a log.
MAX_SHOWN_LENGTH: Final = 60

KeyPath: TypeAlias = tuple[str | int, ...]
Value: TypeAlias = "str | bool | date | Unusable | list[Value] | dict[str, Value] | None"


@dataclass(frozen=True)
class Unusable:
    """A plain value that no field takes, named for the message: 'a number', 'a date that does not exist'."""

    kind: str


@dataclass(frozen=True)
class LineProblem:
    """What is wrong on one line (counted from 1) of one file."""

    line: int
    message: str


@dataclass
class Document:
    """One file: its value, the line of each key path, and what is wrong with its YAML."""

    value: Value = None
    lines: dict[KeyPath, int] = field(default_factory=dict)
    problems: list[LineProblem] = field(default_factory=list)

    def line_of(self, path: KeyPath) -> int:
        """The line of `path`, or of the nearest thing that holds it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


class _Refused(Exception):
    """Reading cannot go on after this line."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


# Resolves a plain scalar as YAML 1.1 does ('no' is false); Any, since the stubs leave its methods untyped.
_RESOLVER: Final[Any] = yaml.SafeLoader("")
# Events only: nothing is composed or constructed, so an alias is met before it can be expanded.
_EVENT_LOADER: Final = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader


def read_document(content: bytes) -> Document:
    """Read one YAML document; what is wrong is in `problems`, and nothing is raised."""
    document = Document()
    try:
        text = _decode(content)
        _Builder(text, document).build()
    except _Refused as refusal:
        document.problems.append(LineProblem(refusal.line, str(refusal)))
    except yaml.MarkedYAMLError as error:
        document.problems.append(_explain(error))
    except yaml.YAMLError as error:
        document.problems.append(LineProblem(1, f"is not valid YAML: {error}"))
    return document


def _explain(error: yaml.MarkedYAMLError) -> LineProblem:
    mark = error.problem_mark or error.context_mark
    # A quote left open is noticed at the end of the file; its author needs the line where it opens.
    if error.context_mark and "quoted scalar" in (error.context or ""):
        mark = error.context_mark
    line = mark.line + 1 if mark else 1
    return LineProblem(line, f"is not valid YAML: {error.problem or error.context}")


def _decode(content: bytes) -> str:
    if len(content) > MAX_FILE_BYTES:
        raise _Refused(1, f"the file is larger than {MAX_FILE_BYTES} bytes; split it")
    try:
        # Windows editors put a byte order mark in front; it is harmless there and refused elsewhere.
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _Refused(line, "the file is not UTF-8 text; save it as UTF-8") from error
    text = text.replace("\r\n", "\n")
    hidden = first_hidden_character(text, allowed="\n\t")
    if hidden is not None:
        line = text.count("\n", 0, hidden) + 1
        raise _Refused(line, f"a hidden character ({name_character(text[hidden])}) is not allowed")
    return text


class _Builder:
    """Turns the parser's events into plain values, one line number per key path."""

    def __init__(self, text: str, document: Document) -> None:
        self._events: Iterator[yaml.Event] = yaml.parse(text, Loader=_EVENT_LOADER)
        self._document = document

    def build(self) -> None:
        next(self._events)
        event = next(self._events)
        if isinstance(event, yaml.StreamEndEvent):
            return
        self._document.value = self._build_value(next(self._events), (), 0)
        next(self._events)
        event = next(self._events)
        if not isinstance(event, yaml.StreamEndEvent):
            raise _Refused(_line(event), "a file holds one YAML document; remove the '---'")

    def _build_value(self, event: yaml.Event, path: KeyPath, depth: int) -> Value:
        line = _line(event)
        self._document.lines.setdefault(path, line)
        if isinstance(event, yaml.AliasEvent):
            raise _Refused(line, "aliases (*name) are not allowed; write the text out")
        if not isinstance(event, (yaml.ScalarEvent, yaml.CollectionStartEvent)):
            raise _Refused(line, "is not valid YAML")
        if event.anchor is not None:
            raise _Refused(line, "anchors (&name) are not allowed; write the text out")
        if event.tag is not None:
            raise _Refused(line, f"tags are not allowed ({event.tag[:MAX_SHOWN_LENGTH]!r})")
        if depth > MAX_DEPTH:
            raise _Refused(line, f"nested deeper than {MAX_DEPTH} levels")
        if isinstance(event, yaml.ScalarEvent):
            return self._build_scalar(event)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._build_list(path, depth)
        return self._build_mapping(path, depth)

    def _build_list(self, path: KeyPath, depth: int) -> list[Value]:
        values: list[Value] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            values.append(self._build_value(event, (*path, len(values)), depth + 1))
        return values

    def _build_mapping(self, path: KeyPath, depth: int) -> dict[str, Value]:
        values: dict[str, Value] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            line = _line(event)
            key = _read_key(event)
            repeated = key in values
            if repeated:
                first = self._document.line_of((*path, key))
                self._report(line, f"the key '{key}' stands twice; the first is on line {first}")
            self._document.lines.setdefault((*path, key), line)
            value = self._build_value(next(self._events), (*path, key), depth + 1)
            if not repeated:
                values[key] = value
        return values

    def _build_scalar(self, event: yaml.ScalarEvent) -> Value:
        if not event.implicit[0]:
            # A folded or literal block ends in a line break that nobody meant; a quoted one was typed.
            return event.value.rstrip("\n") if event.style in (">", "|") else event.value
        tag = str(_RESOLVER.resolve(yaml.ScalarNode, event.value, (True, False))).rpartition(":")[2]
        node = yaml.ScalarNode(tag, event.value)
        if tag == "str":
            return event.value
        if tag == "null":
            return None
        if tag == "bool":
            return bool(_RESOLVER.construct_yaml_bool(node))
        shown = event.value[:MAX_SHOWN_LENGTH]
        if tag != "timestamp":
            return Unusable("a number" if tag in ("int", "float") else f"'{shown}'")
        try:
            return date.fromisoformat(event.value)
        except ValueError:
            return Unusable(f"'{shown}', which is not a date as YYYY-MM-DD")

    def _report(self, line: int, message: str) -> None:
        self._document.problems.append(LineProblem(line, message))


def _read_key(event: yaml.Event) -> str:
    if not isinstance(event, yaml.ScalarEvent) or event.tag is not None or event.anchor is not None:
        raise _Refused(_line(event), "a key must be a plain word")
    if len(event.value) > MAX_SHOWN_LENGTH or first_hidden_character(event.value) is not None:
        raise _Refused(_line(event), "a key must be a plain word")
    return event.value


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1
