"""How long the words of posts are kept where a platform's own rule is stricter than ours."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from pipeline.config import Policy


@dataclass(frozen=True)
class Rule:
    """The longest time since a post was stored; `refreshed`: or since its platform last said that it is public."""

    period: timedelta
    refreshed: bool = False


def platform_rules(policy: Policy) -> Mapping[str, Rule]:
    """The rules by platform; a platform that has none is under our own periods."""
    return {
        "youtube": Rule(timedelta(days=policy["youtube_days"]), refreshed=True),
        "linkedin": Rule(timedelta(hours=policy["linkedin_hours"])),
    }
