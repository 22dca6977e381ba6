"""The words by which a post shows its stance: patterns and word groups of the cue stance. Tuned on the seed."""

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Spellings without the apostrophe are as common as those with it.
NEGATORS = _words(
    """
    not no never none nobody nothing neither nor without cannot cant can't dont don't doesnt doesn't didnt
    didn't isnt isn't arent aren't wasnt wasn't werent weren't wont won't wouldnt wouldn't couldnt couldn't
    shouldnt shouldn't havent haven't hasnt hasn't hadnt hadn't aint ain't zero nunca tampoco sin
    """
)
# A negator before one of these denies nothing of what follows ("they won't admit ...", "not only ...").
PSEUDO_NEGATED = _words(
    """
    admit tell say talk mention want know hear care warn report only just merely doubt wonder matter single let
    listen stop forget ask cover answer see understand show wait
    """
)
# Verbs and predicates that, negated near a claim's words, deny it.
DENIABLE = _words(
    """
    cause cure prevent work help true real exist evidence proof connection association link increase correlation
    cook fry support
    """
)
# What a claim that plays something down is repeated by: "never hurt anybody".
HARMS = _words(
    """
    hurt harm kill died die dangerous deadly issue problem deal bad
    """
)
ADVICE_VERBS = _words(
    """
    get take give let put use drink eat inject vaccinate vax wear touch buy swallow
    """
)

GROUPS = (
    "vaccine vaccination vaccinate vaccinated vax vaxx vaxxed jab jabbed shot immunization inoculation booster vacuna",
    "covid covid19 coronavirus sarscov2 19",
    "autism autistic autismo",
    "cancer tumor tumour carcinogen carcinogenic carcinoma oncology",
    "child kid baby infant newborn toddler children",
    "kill die death dead deadly died",
    "cause give make lead trigger causa causan causing",
    "cure heal treat fix reverse beat cured healed",
    "infertile infertility sterile sterilize sterilizing fertility",
    "poison toxic toxin poisoning poisonous dangerous",
    "doctor doc physician",
    "safe safer safely",
)
GROUP_OF = {word: group.split()[0] for group in GROUPS for word in group.split()}

HARM_CLAIM = re.compile(
    r"\b(?:caus|poison|danger|toxic|infertil|kill|harm|autis|cancer|damag|chang\w+ your|contain|shed|destroy"
    r"|weaker|lower"
    r"|spread|fry|sick|abortion|overdos|violat|turn you away|microchip|dead|death|radioactive)",
)
REMEDY_CLAIM = re.compile(
    r"\b(?:cure|heal|treat|safe|safer|prevent|protect|works?|reverse|remov|fix|natural|healthy|harmless|helps?"
    r"|save|pull)"
)
DISMISSIVE_CLAIM = re.compile(
    r"\b(?:not real|hoax|invented|scare|myth|scam|nothing to do|theory|hiding|lie|pointless)\b"
)

DEBUNKS = re.compile(
    r"\b(?:debunk\w*|disprove[dn]|myths?|misinformation|disinformation|misinfo|fact[- ]?check\w*|hoax\w*|refuted"
    r"|retracted"
    r"|discredited|fraudulent|pseudo-?science|quack\w*|snake oil|grift\w*|misconception|urban legend|wives'? tale"
    r"|bogus"
    r"|nonsense|baseless|unfounded|untrue|conspiracy|anti-?vaxx?(?:er)?s?|survivor\w* bias|sales pitch"
    r"|fear-?monger\w*"
    r"|please stop|can we (?:please )?(?:stop|bury)|contrary to|false claims?|falsely|fake[ ]news|bull ?(?:shit"
    r"|crap)|rumou?rs?"
    r"|(?:is|are|was|were|that's|it's|thats|its|simply|completely|totally|just|this is) (?:so )?"
    r"(?:false|wrong|a lie|lies|misleading|bs|bunk|ridiculous|absurd)"
    r"|stop (?:sharing|spreading|saying|telling|believing|posting|blaming|falling|with|pushing|recommending|scaring)"
    r"|(?:don't|dont|do not|never) (?:believe|fall for|share|spread|listen to|buy into|let (?:anyone|them) tell)"
    r"|no (?:\w+ )?(?:evidence|proof|link|connection|association|correlation|increase|increased|difference|truth"
    r"|basis|risk"
    r"|higher risk|live virus|such thing|study shows|data (?:to )?support\w*)"
    r"|not (?:true|how|supported|backed|linked|proven|evidence|a cure|a treatment|the same|a thing|medicine"
    r"|accurate|based)"
    r"|isn'?t (?:true|how|supported|a cure|medicine|poison|the same|real|a thing|what)|aren'?t (?:true|real)"
    r"|(?:did|does|do|would)(?: not|n'?t) (?:help|work|show|find|cause|support)|flunked|panic is|myth-?bust\w*"
    r"|failed to (?:show|find)"
    r"|lost (?:his|her|their)(?: medical)? licen[sc]e|rates (?:were|are|stayed) (?:the same|flat)"
    r"|same (?:\w+ )?rates?"
    r"|sounds (?:\w+ )?until|only works if|misses that|not a single (?:case|study)|es mentira|es falso|es un mito"
    r"|bulo"
    r"|(?:studies|trials?|study|research|data) (?:\w+ ){0,4}(?:found|finds?|shows?|showed|says?) (?:that )?no"
    r"|(?:has|have|had|been|was) (?:been )?(?:disproven|debunked|refuted|retracted|ruled out)|fuels? (?:myths?|fear)"
    r"|safe and effective|(?:is|are) (?:very |perfectly |completely )?safe(?= for| in| and|\W*$)"
    r"|get (?:your )?vaccinated"
    r"|garbage|junk science|idiots?|morons?|stupid(?:ity)?|ignorant|said no (?:one|scientist|doctor)"
    r"|imagine (?:believing|thinking)|(?:who|people) (?:still )?(?:believe|think)s?|tired of (?:hearing|people)"
    r"|hate to be that (?:guy|person)|friendly reminder|you would not|read past the headline"
    r"|science says otherwise"
    r"|(?:false|fiction|lie|wrong)(?= ?[:–—])|refuses? to believe|(?:doctors?|experts?|scientists?|studies) disagrees?"
    r"|my (?:ass|foot|arse)|wakefield (?:lied|faked|made)"
    r"|(?:thinks?|believes?|claims?|says?)\b[^.!?\n]{0,80}\b(?:lol|lmao|smh))\b"
)
SCAM_WORDS = re.compile(
    r"\b(?:scam|hoax|fake|myth|lie|lies|scare|useless|waste|pointless|worthless|overrated|rip-?off)\b"
)

# A question without its mark, at the start of the post or of a clause.
QUESTION_OPENERS = re.compile(
    r"^\W*(?:(?:ok|so|hey|hi|and|but|wait|also)\W+)*(?:(?:is|are|am|does|did|should|could|would|has)(?! (?:not"
    r"|never|why)\b)|can (?:i|we|you|it|the|my"
    r"|a|an|someone|any\w*)|do (?:i|we|you|they|any\w*|never|people|kids|adults|the)|will (?:i|we|it|this|the|my)"
    r"|how (?:do|does|did|can|is|are|long|"
    r"much|bad|dangerous|worried|would|should)|what (?:is|are|do|does|should|if|can|happens)|what's|at what|which"
    r"|where|any(?:one|body)|es|alguien)\b"
)
QUESTION_CLAUSE = re.compile(
    r"[,.;] (?:will|should|can|do|does|is|are|could|would) (?:i|we|it|this|that|he|she|they|my|the er)\b[^.!]*$"
)
QUESTION_CUES = re.compile(
    r"\b(?:is it true|is there (?:any|actual)|any truth|anyone know|anybody know|honest question|genuine question"
    r"|serious"
    r" question|genuinely asking|asking for|eli5|explain like|wondering (?:if|whether|about)|has anyone"
    r"|does anyone|should (?:i|we)"
    r"|do (?:i|we) (?:need|still)|not sure (?:if|whether|what)|confused about|is that (?:a thing|true|right)"
    r"|whether|what do you (?:all )?think|can"
    r" (?:someone|anyone|anybody) (?:explain|tell|help)|thoughts\?|es verdad que|alguien sabe)"
)
RHETORICAL = re.compile(
    r"\b(?:coincidence|wake up|why (?:are|is|do|does|won't|wont|would) (?:they|nobody|no one|doctors|the|anyone"
    r"|you)|how many"
    r" (?:more )?|why do you think|did you know|who benefits|what are they hiding|still think|hello|do the math"
    r"|ask yourself"
    r"|what more proof|need more proof|when will (?:they|people|you))\b"
)

PROMOTES = re.compile(
    r"\b(?:wake up|do your (?:own )?research|look it up|look (?:him|her) up|open your eyes|they (?:don't"
    r"|dont) want you|they(?:'re| are|re) (?:hiding|poisoning|lying|killing)|cover(?:ing|ed)? (?:it )?up"
    r"|cover-?up|suppressed|censor\w*|they banned|big pharma|sheeple|mainstream media|won'?t tell you"
    r"|doctors (?:won'?t|don'?t|hide|are lying)|share this|spread the word|pass it on|proves?|proved"
    r"|finally admit\w*|(?:admits?|admitted|confessed|exposed) (?:that|it|the|vaccin\w*)|the truth about"
    r"|believe me|trust me|i know (?:someone|a \w+)|works (?:better|wonders|every|like)|works!|swear by"
    r"|changed my life|saved my|miracle|no thanks|hard pass|never again|(?:threw|tossed|ditch\w*|skip|stop taking"
    r"|quit|throw) (?:\w+ ){0,3}(?:meds?|medication|pills?|metformin|lipitor|statins?|insulin|chemo|vaccin\w*"
    r"|shots?|doctor|dentist|derm\w*|mammo\w*|prescription)|cured (?:my|his|her|me|our|grand\w*|him)|healed (?:my"
    r"|his|her|me|our)|reversed (?:my|his|her)|(?:gone|vanished|disappeared|cleared) (?:in|by|within|after|up)"
    r"|coincidence\?|my (?:son|daughter|kid|baby|child|niece|nephew|cousin|friend) (?:\w+ ){0,6}(?:after|since"
    r"|following)|(?:two|2|three|3|few) (?:days?|weeks?) later|(?:right|days|weeks|hours) after (?:his|her|the"
    r"|their|my|getting) (?:\w+ ){0,2}(?:vaccin\w*|vax|shots?|jabs?|mmr|dose|booster)|do the math|case closed"
    r"|end of story|period\.|= ?(?:autism|cancer|death|poison|no)|100 ?%|dont lie|don't lie|never fails"
    r"|for profit|follow the money|money in|natural (?:cure|remedy)|try (?:this|it)|you'?ll thank me"
    r"|thank me later|before they (?:delete|ban|take)|did you know|es verdad|despierten|straight up|despierta"
    r"|no (?:shots?|jabs?|vaccines?) (?:no|for|if))\b|\b(?:no|zero) \w+,? (?:no|zero) \w+"
)

NEWS = re.compile(
    r"\b(?:breaking|officials?|health (?:dept|department)|lawmakers|advisers|panel|according to|reuters"
    r"|announce[sd]?|confirms?"
    r" (?:\w+ ){0,2}case|pediatric groups|experts (?:caution|say|warn)|researchers|senate|hearing|lawsuit"
    r"|fda (?:to|moves)|to vote|votes? to"
    r"|outbreak (?:grows|reaches)|link \d+ |press release|spokes\w+)\b"
)
SATIRE = re.compile(
    r"(?:(?<!\w)/s\b|#satire|#sarcasm|\bsatire\b|\bsarcas\w+|\bjust kidding\b|\bjk\b|\bjoke'?s on\b|\bthe onion\b"
    r"|\bbabylon bee\b"
    r"|\bparody\b|\bpretty sure i overdosed\b|🙄|🤡)"
)
ASSERTS = re.compile(
    r"\b(?:caus(?:es?|ed|ing)|cur(?:es?|ed|ing)|kill(?:s|ed|ing)?|destroy\w*|fr(?:y|ies|ied|ying)|poison(?:s|ed"
    r"|ing)?|heal(?:s|ed|ing)|revers(?:es?|ed|ing)|rewrit\w+|edits?|steriliz\w+|wreck\w*|rots?|dissolv\w+"
    r"|starv\w+|prevents?|protects?|fix(?:es|ed)|flush\w*|detox\w*|track(?:s|ing)? (?:you|us)|chipped|shed(?:s"
    r"|ding)?|gives? you|gave (?:me|him|her|my|us)|gets? rid|boosts?|clears?|melts?|saves? lives|inject(?:s|ed"
    r"|ing)?|suffocat\w+|ruin(?:s|ed|ing)?|damag(?:es?|ed|ing)|injured|neurotoxins?|toxic|cooking|brain ?damage"
    r"|knocks?|works)\b|(?<=[a-z]{2}) ?(?:=|>) ?(?=[a-z]{2})"
)
HEDGES = re.compile(
    r"\b(?:may|might|maybe|rare(?:ly)?|uncommon|slight(?:ly)?|small|some|sometimes|could|possibl[ey]|limited"
    r"|usually|often|most|unlikely"
    r"|almost|associated|in (?:some|a few)|up to|trials?|prescribed|label|listed|agency|recall(?:ed|s)?|if"
    r"|however|although|though"
    r"|lowers?|risk factors?|percent|roughly|studies)\b"
)
HEARSAY = re.compile(
    r"\b(?:swears|someone (?:at|told|said)|people (?:say|keep saying)|heard (?:that|someone)|my (?:sister"
    r"|neighbor|neighbour|aunt|uncle|mom|dad|boss"
    r"|coworkers?|mother in law|mil) (?:says|said|thinks|believes|keeps|swears|told)|some (?:people )?(?:say"
    r"|claim|believe)|claims? that|so-?called)\b"
)
STUBBORN = re.compile(
    r"\b(?:can'?t|cannot|don'?t|won'?t|nobody can|no one can|never) (?:tell|convince|gaslight|persuade) me\b"
)
FIRST_PERSON_DOUBT = re.compile(r"\bi (?:don'?t|do not|never|can'?t) (?:believe|think|buy|see how)\b")
QUOTED = re.compile(r"[\"“”«]([^\"“”«»]{6,200})[\"”»]|(?<!\w)['‘]([^'‘’]{8,200})['’](?!\w)")
