"""How likely it is that something is chance: bounds that hold whatever the true rate is.

Both are by Chernoff: H. Chernoff, A Measure of Asymptotic Efficiency for Tests of a Hypothesis Based on the Sum of
Observations, 1952, https://doi.org/10.1214/aoms/1177729330
"""

from math import exp, log

RARE = 1e-4
"""What happens by chance less often than this is told of."""


def apart(odd: int, of: int, odd_before: int, of_before: int) -> float:
    """Bound the chance that two months of one rate come as far apart: `odd` of so many now, and `odd_before` before.

    It is 1 where the share did not rise.
    """
    if not of or not of_before or odd * of_before <= odd_before * of:
        return 1.0
    rate = (odd + odd_before) / (of + of_before)
    return exp(-of * _divergence(odd / of, rate) - of_before * _divergence(odd_before / of_before, rate))


def at_least(odd: int, of: int, rate: float) -> float:
    """Bound the chance that `odd` or more of so many are odd, where each is with a chance of `rate`."""
    if not of or odd <= of * rate:
        return 1.0
    return exp(-of * _divergence(odd / of, rate))


def _divergence(share: float, rate: float) -> float:
    """Return the relative entropy of a share to a rate, in nats."""
    first = share * log(share / rate) if share else 0.0
    rest = (1 - share) * log((1 - share) / (1 - rate)) if share < 1 else 0.0
    return first + rest
