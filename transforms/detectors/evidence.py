"""How far counts miss what is expected of them, in standard deviations, however small they are.

The signed root of the deviance is close to a standard normal number for a count of any size.
Source: McCullagh, Nelder, "Generalized Linear Models", 2nd edition, 1989, section 2.4.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from transforms.detectors.detector import Side

_ROOT_OF_2 = math.sqrt(2)
_STEPS = 3


class Roots(NamedTuple):
    """Signed standard deviations by which counts miss what is expected: above is positive."""

    clicks: float
    impressions: float
    ratio: float  # the clicks' share of both


def poisson_root(count: float, expected: float) -> float:
    """Of a count with `expected` > 0."""
    missed = count - expected
    deviance = (count * math.log(count / expected) if count else 0.0) - missed
    return _signed_root(deviance, missed)


def binomial_root(clicks: float, impressions: float, share: float) -> float:
    """Of clicks that are expected to be a share, between 0 and 1, of clicks and impressions."""
    likely = share * (clicks + impressions)
    deviance = clicks * math.log(clicks / likely) if clicks else 0.0
    if impressions:
        deviance += impressions * math.log(impressions / (clicks + impressions - likely))
    return _signed_root(deviance, clicks - likely)


def evidence(roots: Roots) -> float:
    """How far the click-through rate misses what is expected; positive: it is higher.

    That of the ratio, which no change of the traffic as a whole moves. Where one count alone has
    moved further than the ratio (of two equal counts by a root of 2, as the other one's noise is
    in the ratio) and the ratio bears it out, that of the count.
    """
    size = abs(roots.ratio)
    up, down = roots.clicks, roots.impressions
    alone = max(up, -down) if roots.ratio > 0 else max(-up, down)
    return math.copysign(max(size, min(alone, _ROOT_OF_2 * size)), roots.ratio)


def least_root(of_evidence: float) -> float:
    """The smallest root of the ratio that can be so much evidence."""
    return of_evidence / _ROOT_OF_2


def side(roots: Roots) -> Side:
    """Which count moved more towards where the click-through rate went."""
    towards = math.copysign(1.0, roots.ratio)
    return "clicks" if roots.clicks * towards >= -roots.impressions * towards else "impressions"


def ratio_limits(total: float, share: float, root: float) -> tuple[float, float | None]:
    """The clicks by impressions at which `binomial_root` of `total` actions is -root and +root.

    0 where no ratio is so low, None where none is so high.
    """
    square = root * root / (2 * total)
    low = 0.0 if square >= -math.log1p(-share) else _solved(total, share, -root)
    high = None if square >= -math.log(share) else _solved(total, share, root)
    return low / (1 - low), None if high is None else high / (1 - high)


def _solved(total: float, share: float, root: float) -> float:
    """Newton's method from where the share is, were the arc sine of its root quite normal."""
    usual = math.asin(math.sqrt(share))
    least, most = usual / 10, usual + (math.pi / 2 - usual) * 0.9
    found = math.sin(min(max(usual + root / (2 * math.sqrt(total)), least), most)) ** 2
    odds = math.log(share / (1 - share))
    for _ in range(_STEPS):
        here = binomial_root(total * found, total * (1 - found), share)
        slope = total * (math.log(found / (1 - found)) - odds) / here if here else 0.0
        if not slope:
            break
        found = min(max(found - (here - root) / slope, found / 10), 1 - (1 - found) / 10)
    return found


def _signed_root(deviance: float, missed: float) -> float:
    # rounding may leave a little less than nothing
    root = math.sqrt(2 * deviance) if deviance > 0 else 0.0
    return root if missed >= 0 else -root
