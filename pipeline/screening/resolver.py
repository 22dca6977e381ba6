"""Whether a post means this practice: mention, ambiguous or not, with a probability and the evidence in words."""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from models.folding import MAX_CHARACTERS
from models.resolver import ResolverFit, load_resolver, resolver_features
from pipeline.listening import Practice
from pipeline.screening.addresses import AddressScanner
from pipeline.screening.clinicians import ClinicianScanner
from pipeline.screening.evidence import Decision, Evidence, Resolution, find_span, gather_evidence
from pipeline.screening.finds import AGAINST, Find, TermScanner
from pipeline.screening.homonyms import read_namesakes
from pipeline.screening.scene import (
    CONTEXT_CHARACTERS,
    RANK,
    best_strength,
    count_signs,
    find_companions,
    group_finds,
    longest_finds,
    settle_finds,
)
from pipeline.screening.spelling import Word, plain_words, split_words
from pipeline.screening.surroundings import Sign, Surroundings
from pipeline.screening.terms import practice_terms

# What a post without any of our names, and not on our page, is given.
UNNAMED = 0.001
MAX_CHANNELS = 10_000
_REVIEWS = frozenset(
    (
        "google_reviews",
        "google",
        "google_maps",
        "yelp",
        "healthgrades",
        "zocdoc",
        "vitals",
        "webmd",
        "ratemds",
        "trustpilot",
    )
)
_OF_PAGE = frozenset(("field", "wanted", "state", "local"))
_CHANNEL = re.compile(r"^([^:]*):(.*)$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Naming:
    """Names that stand together, with the chance that they mean the practice and what speaks for it."""

    finds: tuple[Find, ...]
    spans: tuple[tuple[int, int], ...]
    probability: float
    features: frozenset[str]
    evidence: tuple[Evidence, ...]


class Resolver:
    """Everything known of one practice, ready to be asked about many posts."""

    def __init__(self, practice: Practice, fit: ResolverFit | None = None) -> None:
        """`fit` is the regression; by default the one that ships."""
        terms = practice_terms(practice)
        self.fit = fit or load_resolver()
        self._around = Surroundings(practice, read_namesakes(practice), terms.own_words)
        self._terms = TermScanner(terms, self._around.place_words)
        self._clinicians = ClinicianScanner(practice)
        self._addresses = AddressScanner(practice)
        self._channels: dict[str, tuple[bool, frozenset[str]]] = {}

    def resolve(self, text: str, channel: str = "") -> Resolution:
        """The decision on one post; `channel` is where it stood, as "google_reviews:Name" or "reddit:r/town"."""
        namings = self.namings(text, channel)
        if not namings:
            return Resolution("not", UNNAMED, None, ())
        best = max(namings, key=lambda naming: naming.probability)
        decision = self.decide(best.probability)
        entity = _entity(best) if decision != "not" else None
        return Resolution(decision, round(best.probability, 4), entity, best.evidence)

    def decide(self, probability: float) -> Decision:
        """The decision at a probability."""
        if probability >= self.fit.mention_from:
            return "mention"
        return "ambiguous" if probability >= self.fit.review_from else "not"

    def namings(self, text: str, channel: str = "") -> list[Naming]:
        """The names in a text, those near each other together; on our own page the whole text, named or not."""
        text = text[:MAX_CHARACTERS]
        own_page, kinds = self._channel(channel)
        plain = plain_words(text)
        named = self._terms.may_find(plain) or self._clinicians.may_find(plain) or self._addresses.may_find(text)
        if not named and not own_page:
            return []
        words = split_words(text)
        finds = self._finds(text, words)
        if not finds and not own_page:
            return []
        signs = self._around.find(text, words)
        starts = [words[sign.first].start for sign in signs]
        clusters = list(group_finds(settle_finds(finds, signs, words), words)) or ([()] if own_page else [])
        found = []
        for cluster in clusters:
            near = signs
            if cluster:
                low, high = words[cluster[0].first].start, words[cluster[-1].last].end
                near = signs[slice(*(bisect_left(starts, at) for at in _window(low, high)))]
            found.append(self._naming(cluster, near, words, _Place(channel, own_page, kinds)))
        return found

    def _finds(self, text: str, words: Sequence[Word]) -> list[Find]:
        scanners = (self._terms, self._clinicians, self._addresses)
        return longest_finds([find for scanner in scanners for find in scanner.find(text, words)])

    def _channel(self, channel: str) -> tuple[bool, frozenset[str]]:
        # Channels are few and posts are many.
        if channel not in self._channels:
            if len(self._channels) >= MAX_CHANNELS:
                self._channels.clear()
            self._channels[channel] = self._read_channel(channel)
        return self._channels[channel]

    def _read_channel(self, channel: str) -> tuple[bool, frozenset[str]]:
        match = _CHANNEL.match(channel)
        if match is None:
            return False, frozenset()
        where, name = match.group(1), match.group(2)
        words = split_words(name)
        kinds = self._around.of_channel(words)
        finds = [find for find in self._finds(name, words) if not find.notes & AGAINST]
        own = any(find.strength in ("site", "full", "phrase", "beside") and find.kind != "clinician" for find in finds)
        own = own or any(
            find.kind == "clinician" and find.strength in ("doctor_named", "doctor_full") for find in finds
        )
        own = own and not kinds & {"channel_away", "refused_name"} and not where.startswith("reddit")
        if where in _REVIEWS and not own:
            kinds.add("review_of_other")
        # The name of our own page says nothing of the post.
        return own, frozenset(kinds - _OF_PAGE if own else kinds)

    def _naming(self, cluster: Sequence[Find], near: Sequence[Sign], words: Sequence[Word], place: "_Place") -> Naming:
        sound = [find for find in cluster if not find.notes & AGAINST]
        ranked = sorted(sound or cluster, key=lambda find: (RANK[find.strength], find.first))
        covered = {at for find in cluster for at in range(find.first, find.last + 1)}
        outside = [
            sign
            for sign in near
            if sign.kind.startswith("refused") or covered.isdisjoint(range(sign.first, sign.last + 1))
        ]
        strength = "page" if place.is_ours else best_strength(ranked)
        kinds = place.kinds | count_signs(outside) | find_companions(sound)
        kinds |= ranked[0].notes if ranked else frozenset()
        kinds |= {"refused_name"} if any("refused" in find.notes for find in cluster) else set()
        if not strength.startswith("doctor"):
            kinds -= {"practice", "practice_full"}
        features = resolver_features(strength, kinds)
        evidence = list(gather_evidence(ranked, outside, words))
        if place.is_ours or place.kinds:
            evidence.append(Evidence("source_page" if place.is_ours else "channel", place.channel, None, None))
        spans = tuple(find_span(find, words) for find in cluster)
        return Naming(tuple(cluster), spans, self.fit.chance(features), features, tuple(evidence))


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a post stood: the channel, whether it is our own page, and the signs that its name gives."""

    channel: str
    is_ours: bool
    kinds: frozenset[str]


def _window(low: int, high: int) -> tuple[int, int]:
    return low - CONTEXT_CHARACTERS, high + CONTEXT_CHARACTERS + 1


def _entity(naming: Naming) -> str:
    sound = [find for find in naming.finds if not find.notes & AGAINST]
    if any(find.kind == "clinician" for find in sound):
        return "clinician"
    kinds = {find.kind for find in sound}
    return "location" if "location" in kinds and "practice" not in kinds else "practice"
