"""Load the curated claims from their YAML files, whole or not at all."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from claims_db.schema import Claim, KeyPath, build_claim, find_entry_problems
from claims_db.strict_yaml import MAX_FILE_BYTES, Document, read_document

DEFAULT_FOLDER: Final = Path(__file__).parent / "claims"
MAX_FILES: Final = 200
MAX_CLAIMS: Final = 5000
# Past this many, the remaining files are left unread: they are refused already.
MAX_PROBLEMS: Final = 10_000
# What an error prints; a file that is wrong throughout need not fill a log. `problems` holds them all.
MAX_PRINTED_PROBLEMS: Final = 50
# Files that are known by their bytes: to check what ships takes half a second, and every step loads it.
KNOWN_FILES: Final = 32


@dataclass(frozen=True, order=True)
class Problem:
    """What is wrong at one line of one file; line 0 speaks of the file or folder itself."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        """'path/to/file.yaml:LINE: message', as editors and CI read it."""
        return f"{self.path}:{self.line}: {self.message}" if self.line else f"{self.path}: {self.message}"


class ClaimsError(ValueError):
    """The claims cannot be served; `problems` lists every reason."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        printed = [str(problem) for problem in problems[:MAX_PRINTED_PROBLEMS]]
        if len(problems) > MAX_PRINTED_PROBLEMS:
            printed.append(f"and {len(problems) - MAX_PRINTED_PROBLEMS} more")
        super().__init__("\n".join([f"{len(problems)} problem(s) in the claims:", *printed]))


def load_claims(folder: Path = DEFAULT_FOLDER) -> list[Claim]:
    """All claims of the `*.yaml` files in `folder`, sorted by id.

    Raises ClaimsError if anything at all is wrong: nothing is served from a folder that has one bad entry,
    and a caller that holds an older list keeps serving it.
    """
    reading = _read_folder(folder)
    if reading.problems:
        raise ClaimsError(sorted(set(reading.problems)))
    return sorted((build_claim(entry.fields) for entry in reading.entries), key=lambda claim: claim.id)


def check_claims(folder: Path = DEFAULT_FOLDER) -> list[Problem]:
    """All that is wrong in `folder`, sorted by file and line; an empty list means `load_claims` succeeds.

    Two claims are compared (same id, same wording) only when each of them is well formed.
    """
    return sorted(set(_read_folder(folder).problems))


@dataclass(frozen=True)
class _Entry:
    """One well-formed claim as read, and where it stands."""

    fields: dict[str, object]
    document: Document
    path: str
    index: int

    def problem(self, at: KeyPath, message: str) -> Problem:
        return Problem(self.path, self.document.line_of((self.index, *at)), message)

    def place(self, at: KeyPath) -> str:
        return f"{self.path}:{self.document.line_of((self.index, *at))}"


class _Reading:
    """What one pass over the folder found."""

    def __init__(self) -> None:
        self.entries: list[_Entry] = []
        self.problems: list[Problem] = []


def _read_folder(folder: Path) -> _Reading:
    reading = _Reading()
    files = _list_files(folder, reading.problems)
    for file in files:
        if len(reading.problems) < MAX_PROBLEMS:
            _read_file(file, reading)
    _compare_entries(reading)
    if not reading.entries and not reading.problems:
        reading.problems.append(Problem(str(folder), 0, "holds no claims; an empty claims database is an error"))
    if len(reading.entries) > MAX_CLAIMS:
        reading.problems.append(Problem(str(folder), 0, f"holds more than {MAX_CLAIMS} claims"))
    return reading


def _list_files(folder: Path, problems: list[Problem]) -> list[Path]:
    try:
        root = folder.resolve(strict=True)
        found = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        problems.append(Problem(str(folder), 0, f"cannot be read as a folder of claims ({error.strerror})"))
        return []
    files = []
    for path in found:
        # Anything passed over in silence would be a claim that somebody believes is being watched.
        if path.suffix != ".yaml":
            problems.append(Problem(str(path), 0, "is not a .yaml file; only claim files belong in this folder"))
        elif not path.resolve().is_relative_to(root):
            problems.append(Problem(str(path), 0, "is a link that leads out of the claims folder"))
        elif not path.is_file():
            problems.append(Problem(str(path), 0, "is not a regular file"))
        else:
            files.append(path)
    if len(files) > MAX_FILES:
        problems.append(Problem(str(folder), 0, f"holds {len(files)} files; at most {MAX_FILES} are allowed"))
        return []
    return files


def _read_file(file: Path, reading: _Reading) -> None:
    path = str(file)
    try:
        with file.open("rb") as stream:
            content = stream.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        reading.problems.append(Problem(path, 0, f"cannot be read ({error.strerror})"))
        return
    checked = _check_file(file, content)
    reading.entries += checked.entries
    reading.problems += checked.problems


@lru_cache(maxsize=KNOWN_FILES)
def _check_file(file: Path, content: bytes) -> _Reading:
    path, reading = str(file), _Reading()
    document = read_document(content)
    if document.problems:
        reading.problems.extend(Problem(path, each.line, each.message) for each in document.problems)
        return reading
    if document.value is None or document.value == []:
        reading.problems.append(Problem(path, 1, "holds no claims; remove the file or add one"))
    elif not isinstance(document.value, list):
        reading.problems.append(Problem(path, document.line_of(()), "must be a list of claims, each begun by '- id:'"))
    elif len(document.value) > MAX_CLAIMS:
        reading.problems.append(Problem(path, 1, f"holds more than {MAX_CLAIMS} claims"))
    else:
        for index, value in enumerate(document.value):
            _read_entry(value, document, file, index, reading)
    return reading


def _read_entry(value: object, document: Document, file: Path, index: int, reading: _Reading) -> None:
    findings = find_entry_problems(value)
    for finding in findings:
        line = document.line_of((index, *finding.path))
        reading.problems.append(Problem(str(file), line, finding.message))
    if not isinstance(value, dict):
        return
    entry = _Entry(dict(value), document, str(file), index)
    topic_is_sound = "topic" in value and all(finding.path != ("topic",) for finding in findings)
    if topic_is_sound and value["topic"] != file.stem:
        message = f"topic '{value['topic']}' belongs in {value['topic']}.yaml; the file's name is its topic"
        reading.problems.append(entry.problem(("topic",), message))
    if not findings:
        reading.entries.append(entry)


def _compare_entries(reading: _Reading) -> None:
    """Refuse what two claims may not share: an id, or a wording (a post could be matched to either)."""
    ids: dict[object, _Entry] = {}
    wordings: dict[str, tuple[_Entry, KeyPath]] = {}
    for entry in reading.entries:
        first = ids.setdefault(entry.fields["id"], entry)
        if first is not entry:
            message = f"the id '{entry.fields['id']}' is already used at {first.place(('id',))}"
            reading.problems.append(entry.problem(("id",), message))
        for at, text in _wordings(entry):
            owner, owner_at = wordings.setdefault(text.casefold(), (entry, at))
            if owner is not entry:
                message = f"the same wording already stands at {owner.place(owner_at)}"
                reading.problems.append(entry.problem(at, message))


def _wordings(entry: _Entry) -> list[tuple[KeyPath, str]]:
    found: list[tuple[KeyPath, str]] = [(("claim",), str(entry.fields["claim"]))]
    for name in ("variants", "spanish_variants"):
        variants = entry.fields.get(name)
        if isinstance(variants, list):
            found.extend(((name, index), str(text)) for index, text in enumerate(variants))
    return found
