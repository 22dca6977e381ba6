"""What in a mention cannot wait: plain words in plain sight. Crisis words never depend on statistics."""

import re
from dataclasses import dataclass
from typing import Literal

from models.folding import fold_sparse

Kind = Literal["danger_to_life", "adverse_event", "patient_safety", "threat", "privacy", "time_critical"]

_OURS = r"(?:my|our|his|her|their|the|a|your|some(?:one|body) else'?s|another patient'?s)"
_MEDICINE = r"(?:pills?|prescriptions?|medic\w+|meds?|doses?|vaccines?|shots?|labels?)"
_NUMBER = r"(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten)"
_MEDICAL = (
    r"(?:chart|charts|(?:medical |health |test |lab )?(?:records?|results?|info\w*|history)|diagnos\w+|photos?|file)"
)

# In the order in which they count: the first that fires is the mention's urgency. (name of the cue, pattern)
_CUES: tuple[tuple[Kind, str, str], ...] = (
    (
        "danger_to_life",
        "suicide",
        r"\b(?:suicid\w+|kill(?:ing)? myself|end(?:ing)? my (?:own )?life|want(?:ed)? to die|self[- ]?harm\w*)\b",
    ),
    (
        "danger_to_life",
        "suicide",
        r"\b(?:better off dead|don'?t want to (?:live|be alive|be here anymore)|take my own life)\b",
    ),
    ("danger_to_life", "cannot breathe", r"\b(?:can'?t|cannot|can not|couldn'?t|not|stopped) breath\w*\b"),
    (
        "danger_to_life",
        "cannot breathe",
        r"\b(?:can'?t|cannot|couldn'?t) (?:catch|get) (?:my|his|her|their|a) breath\b",
    ),
    ("danger_to_life", "blue", r"\b(?:lips?|face|fingers?|nails?) (?:\w+ ){0,4}blue\b"),
    ("danger_to_life", "chest", r"\bchest (?:pains?|pressure|tightness|is tight|hurts)\b"),
    ("danger_to_life", "stroke", r"\b(?:face (?:is )?droop\w+|slurr(?:ed|ing) (?:\w+ )?(?:speech|words))\b"),
    ("danger_to_life", "throat", r"\bthroat (?:is |was )?(?:closing|swelling|closed up)\b"),
    (
        "danger_to_life",
        "collapsed",
        r"\b(?:unconscious|unresponsive|passed out and|having a (?:heart attack|stroke|seizure)|overdos(?:ed|ing))\b",
    ),
    (
        "threat",
        "weapon",
        r"\b(?:bring|bringing|got|have|grab|get|buy) (?:a|my|the) (?:gun|rifle|knife|bomb)\b|\b(?:bomb threat"
        r"|active shooter)\b",
    ),
    (
        "threat",
        "harm announced",
        r"\b(?:i'?ll|i will|i'?m (?:going to|gonna)|i am (?:going to|gonna)|going to|gonna|should|we'?ll"
        r"|someone should) "
        r"(?:kill|shoot|stab|hurt|beat up|beat|burn|bomb|blow up|attack|make (?:him|her|them) pay)"
        r" (?:him|her|them|you|you all|y'?all|that|this|the|those|every|dr|doctor|down)\b",
    ),
    (
        "threat",
        "harm announced",
        r"\b(?:better watch (?:your|his|her|their|him|her|them)(?:self|selves)?(?: back)?|watch your back)\b",
    ),
    (
        "threat",
        "damage announced",
        r"\b(?:brick|rock|molotov) (?:through|thru|into) |\b(?:someone|somebody) (?:should|ought to|oughta|needs to) "
        r"(?:put|throw|torch|burn|smash|teach)\b",
    ),
    (
        "threat",
        "stalking",
        r"\bknow (?:when|what time|which car|what car) (?:you|he|she|they|dr \w+) (?:gets?|drives?|leaves?|parks?)\b",
    ),
    (
        "threat",
        "stalking",
        r"\b(?:know|found out|find out|figured out) where (?:you|he|she|they|dr \w+|that doctor) (?:all )?lives?\b",
    ),
    (
        "threat",
        "wish of death",
        r"\b(?:deserves? to die|hope (?:you|he|she|they) (?:all )?dies?|you(?:'re| are) (?:all )?dead)\b",
    ),
    (
        "patient_safety",
        "wrong treatment",
        r"\bwrong (?:med\w*|drug|dose|dosage|patient|prescription|leg|arm|eye|knee|side|blood|vaccine|shot|baby|kid"
        r"|child)\b",
    ),
    (
        "patient_safety",
        "dose mix-up",
        r"\b\d+(?:\.\d+)? ?(?:mg|mcg|ml|units?|pills?|tablets?)\b[^\n]{0,120}"
        r"\b(?:should (?:have been|be|say)|instead of|papers? says?|supposed to be|not) (?:\w+ ){0,3}\d",
    ),
    (
        "patient_safety",
        "mix-up",
        rf"\b{_MEDICINE}\b[^\n]{{0,60}}\bmix(?:ed)?[- ]?ups?\b|\bmix(?:ed)?[- ]?up\b[^\n]{{0,60}}\b{_MEDICINE}\b"
        rf"|\b{_MEDICINE} (?:that (?:was|were) )?(?:meant|intended) for (?:the|a|another|someone|somebody)\b",
    ),
    (
        "patient_safety",
        "allergy ignored",
        r"\b(?:allerg(?:y|ic) (?:warning|alert)|allerg(?:y|ic)[^\n.]{0,40} (?:chart|file|record))\b",
    ),
    (
        "patient_safety",
        "missed diagnosis",
        r"\b(?:misdiagnos\w+|missed (?:my|his|her|the) (?:cancer|stroke|heart attack|fracture|sepsis))\b",
    ),
    (
        "patient_safety",
        "unclean or expired",
        r"\b(?:dirty|used|reused|re-used|unsterile|bloody) (?:needles?|syringes?|instruments?|scalpel)\b"
        r"|\bexpired (?:vaccines?|med\w*|shots?|drugs?)\b",
    ),
    (
        "patient_safety",
        "error",
        r"\b(?:malpractice|medical error|botched|negligen(?:t|ce)|almost (?:killed|died)|nearly (?:killed|died))\b",
    ),
    (
        "adverse_event",
        "reaction",
        r"\b(?:anaphyla\w+|allergic reaction|(?:bad|severe|terrible|awful|serious) (?:reaction|side effects?))\b",
    ),
    ("adverse_event", "reaction", r"\b(?:hives|(?:lips?|face|tongue|eyes?) (?:is |are |was |were )?swell\w*)\b"),
    (
        "adverse_event",
        "collapse",
        r"\b(?:passed out|fainted|collapsed|blacked out)\b[^\n]{0,160}"
        r"\b(?:er|hospital|broke|potassium|dose|pills?|ambulance)\b",
    ),
    (
        "adverse_event",
        "hospital after care",
        r"\b(?:ended up|landed|wound up|rushed|back|sent) (?:me |him |her |us )?(?:in|to|at) (?:the )?(?:er|e\.r\."
        r"|icu|hospital|emergency)\b",
    ),
    (
        "adverse_event",
        "infection after care",
        r"\b(?:infected|infection|sepsis|bleeding|abscess) (?:\w+ ){0,3}(?:after|from|since)\b",
    ),
    (
        "privacy",
        "records disclosed",
        rf"\b(?:posted|shared|leaked|gave|sent|showed|mailed|emailed|faxed"
        rf"|read out) (?:\w+ ){{0,2}}{_OURS} {_MEDICAL}\b",
    ),
    (
        "privacy",
        "someone else's records",
        rf"\b(?:some(?:one|body) else'?s|another patient'?s|(?:the )?wrong (?:person'?s|patient'?s)) {_MEDICAL}\b",
    ),
    (
        "privacy",
        "identifiers in the open",
        r"\b(?:everyone'?s|everybody'?s|other (?:people|patient)s?'?s?|full) names?\b[^\n]{0,60}"
        r"\b(?:birth\w*|dob|reason|diagnos\w+|test|ssn|social)\b",
    ),
    (
        "privacy",
        "breach",
        r"\b(?:data breach|privacy (?:breach|violation)|violated (?:my|our|hipaa)|hipaa (?:violation|breach"
        r"|complaint)|snoop\w+)\b",
    ),
    (
        "time_critical",
        "medicine runs out",
        r"\b(?:out of|ran out of|run out of|last (?:dose|pill|day) of) (?:my |his |her |the )?(?:insulin|inhaler"
        r"|med\w*|prescription|pills|epipen)\b",
    ),
    (
        "time_critical",
        "medicine runs out",
        r"\b(?:\d+|one|two|three|four|few|couple(?: of)?) (?:puffs?|pills?|doses?|tablets?|days?(?: of \w+)?) left\b",
    ),
    (
        "time_critical",
        "newborn fever",
        rf"\b(?:newborn|{_NUMBER}[- ](?:day|week)s?[- ]old)\b[^\n]{{0,80}}\b(?:fever|temp\w*|100\.\d|10[1-5])",
    ),
    (
        "time_critical",
        "cannot be reached",
        r"\b(?:phones? (?:are |is |lines? (?:are |is )?)?(?:down|dead)|(?:nobody|no one) (?:is )?(?:answer\w*"
        r"|picks? up|calls? back))\b",
    ),
    (
        "time_critical",
        "closed to patients",
        r"\b(?:locked out|doors? (?:are |is )?locked|evacuat\w+|gas leak|fire alarm)\b",
    ),
)
_PATTERNS = tuple((kind, cue, re.compile(pattern)) for kind, cue, pattern in _CUES)


@dataclass(frozen=True, slots=True)
class Urgency:
    """What cannot wait, and the cue that says so."""

    urgency: Kind
    cue: str


def find_urgency(text: str) -> Urgency | None:
    """The most urgent kind whose cue stands in the text; None where none does. Linear in the text."""
    folded = fold_sparse(text).replace("’", "'")
    for kind, cue, pattern in _PATTERNS:
        if pattern.search(folded):
            return Urgency(kind, cue)
    return None
