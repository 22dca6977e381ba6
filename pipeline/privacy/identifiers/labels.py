"""What the words before a code say it is: "MRN", "last four of my social", "plate"."""

import re
from typing import cast

from pipeline.privacy.identifiers.find import any_of, word_table
from pipeline.privacy.identifiers.surface import Kind

_WORDS = word_table("codes")
# In the order in which a label decides where several fit.
_KINDS = (
    "zip",
    "fax",
    "ssn",
    "mrn",
    "health_plan_number",
    "account_number",
    "license_number",
    "vehicle",
    "device_serial",
    "biometric",
    "phone",
    "other_code",
)
_LABELS = {kind: re.compile(rf"(?<![a-z]){any_of(_WORDS[kind])}(?![a-z])") for kind in _KINDS}
_REACH = 60
_FILLER = re.compile(
    r"^(?:[\s:#=(\[\"'.,;*-]|\b(?:is|was|are|of|number|numbers|no|num|nr|id|card|code|reads|read|starts?"
    r"|starting|begins?|beginning|ends?|ending|in|with|ya|the|my|his|her|our|their|for|on|it|it's|its"
    r"|says|said|as|to|and|a|an|plan|holder|last|four|digits|from|still|just|wrong|es|el|la|de|del|mi|su"
    r"|termina|en|like|you|this|that|there|left|right|print|label|sticker|tag|serial|sn|account|acct"
    r"|policy|member|group|model|file|name|ref|state|health|insurance|claim|medical|record|patient|both"
    r"|new|old|whole|entire|full|same|printed|listed|under|at|by|or|also|now|i|have|got|has|your|are|were"
    r"|me|wife's|wife|husband's|son's|daughter's|mom's|dad's|kid's|were|parked|bed|box|out|outside|wi|mine)\b)*$"
)
_BREAK = re.compile(r"[.!?\n]\s")
_FIRM = ("ssn", "mrn", "fax", "biometric")
_FEW_WORDS = re.compile(r"(?:[\s:,'\"#(-]*[a-z']+){0,6}[\s:,'\"#(-]*")
_OWN_LABEL = re.compile(
    r"(?:ID|SSN|MRN|VIN|PIN|OTP|ITIN|DOB|SN|REF|IP|ZIP|I|AM|PM|IBAN|ACCT|PH|EMPI|UDI|IMEI|DL|NPI)[\s:#]+(?=\S{2})"
)


def label_of(lower: str, start: int) -> Kind | None:
    """The kind that the nearest label before `start` names, in the same sentence."""
    before = lower[max(0, start - _REACH) : start]
    cut = [
        stop.end()
        for stop in _BREAK.finditer(before)
        if not before[: stop.end()].rstrip().endswith(("no.", "num.", "acct.", "lic.", "tel.", "ph.", "id."))
    ]
    before = before[cut[-1] if cut else 0 :]
    best: tuple[int, str] | None = None
    for kind in _KINDS:
        for match in _LABELS[kind].finditer(before):
            between = before[match.end() :]
            if (best is None or match.end() > best[0]) and (
                _FILLER.match(between) or _near(kind, match.group(), between)
            ):
                best = (match.end(), kind)
    return cast(Kind, best[1]) if best else None


def label_inside(found: str) -> Kind | None:
    """The kind that the head of a code names: "MRN00993124", "SSN 6620"."""
    head = re.match(r"[A-Za-z]{2,6}(?=[\W\d])", found)
    for kind in _KINDS if head else ():
        if head and _LABELS[kind].fullmatch(head.group().lower()):
            return cast(Kind, kind)
    return None


def own_label(found: str) -> int:
    """How many letters at the head of a code are its label: "SSN 987"."""
    label = _OWN_LABEL.match(found)
    return label.end() if label else 0


def _near(kind: str, label: str, between: str) -> bool:
    # "PIN on the pill dispenser is": a few words of any sort, after a label that means nothing else.
    return (kind in _FIRM or label.endswith(("code", "codes", "pin", "otp"))) and bool(_FEW_WORDS.fullmatch(between))
