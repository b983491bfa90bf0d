"""The noise of sensors: normal, and reproducible by device and time.

A device has a stream of draws for each of its signals, and a message takes the one at its
time stamp. The streams are those of SplitMix64, a hash of start + k gamma, whose k-th number
is known without the others: no message depends on which others are asked for.

Source: Steele, Lea and Flood (2014), "Fast splittable pseudorandom number generators",
OOPSLA '14; the constants of the hash are Stafford's variant 13.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.line.draws import generator

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from factory_sim.fleet.sending import Pattern
    from factory_sim.fleet.telemetry.points import Points
    from factory_sim.fleet.telemetry.readings import Noise

GAMMA = np.uint64(0x9E3779B97F4A7C15)
"""Odd, and nearest to 2^64 over the golden ratio: from one number of a stream to the next."""


def noise_of(pattern: Pattern, name: str, replication: int) -> Noise:
    """Return what draws the noise of a signal: standard normal, one for each message.

    Args:
        pattern: Of the class.
        name: Of the signal.
        replication: Whose noise.
    """
    address = generator(pattern.seed, replication, pattern.name, f"{name}/noise")
    starts = address.integers(0, 1 << 64, pattern.count, np.uint64)

    def noise(points: Points) -> NDArray[np.float32]:
        # A message sent at once on a change may have the time stamp of a periodic one.
        place = points.ticks.astype(np.int64).view(np.uint64)
        place <<= np.uint64(1)
        place |= points.on_change
        return normal_quantiles().take(mixed(points.spread(starts[points.device]), place))

    return noise


def mixed(starts: NDArray[np.uint64], places: NDArray[np.uint64]) -> NDArray[np.uint16]:
    """Return the numbers at some places of streams of SplitMix64, their highest 16 bits.

    Args:
        starts: (n,) where each stream starts.
        places: (n,) which of its numbers; their memory is used up.
    """
    places *= GAMMA
    places += starts
    places ^= places >> np.uint64(30)
    places *= np.uint64(0xBF58476D1CE4E5B9)
    places ^= places >> np.uint64(27)
    places *= np.uint64(0x94D049BB133111EB)
    # The last step of the hash, x ^ x >> 31, leaves these bits as they are.
    places >>= np.uint64(48)
    return places.astype(np.uint16)


@cache
def normal_quantiles() -> NDArray[np.float32]:
    """Return the standard normal quantiles of the middles of 2^16 equal shares.

    Noise is drawn from them: three times as fast as exact draws, from which no reading with
    fewer than five digits could tell it. The standard deviation is 1e-5 short of 1.
    """
    from scipy.special import ndtri

    shares = (np.arange(1 << 16) + 0.5) / (1 << 16)
    quantiles: NDArray[np.float32] = ndtri(shares).astype(np.float32)
    return quantiles
