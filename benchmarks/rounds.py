"""Methods measured in interleaved rounds, so that what else runs on the machine meets all of them."""

import random
import statistics
from collections.abc import Callable, Mapping

# Does its work once, from the beginning; how many posts, in how many seconds.
Method = Callable[[], tuple[int, float]]
Rates = Mapping[str, list[float]]


def interleaved_rates(methods: Mapping[str, Method], rounds: int, seed: int) -> Rates:
    """Posts a second of each method in each round; each round has an order of its own, and one before them warms up."""
    chance, rates = random.Random(seed), {name: list[float]() for name in methods}
    for turn in range(rounds + 1):
        for name in chance.sample(list(methods), len(methods)):
            done, seconds = methods[name]()
            if turn:
                rates[name].append(done / seconds)
    return rates


def median_ratio(rates: Rates, name: str, baseline: str) -> float:
    """The median over rounds of what a method makes of its baseline in the same round."""
    return statistics.median(one / other for one, other in zip(rates[name], rates[baseline], strict=True))
