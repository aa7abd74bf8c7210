"""Random numbers that are a function of (seed, what is drawn, row): no state, so any chunk of rows can be made alone.

The mixing is the finaliser of SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators",
2014). Whole-number arithmetic and the four IEEE operations only: the same on every machine and NumPy.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bits = NDArray[np.uint64]
Mask = NDArray[np.bool_]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)


def _mixed(bits: Bits) -> Bits:
    bits = (bits ^ (bits >> np.uint64(30))) * _FIRST
    bits = (bits ^ (bits >> np.uint64(27))) * _SECOND
    result: Bits = bits ^ (bits >> np.uint64(31))
    return result


@dataclass(frozen=True)
class Dice:
    """All the chance in one catalogue. ``what`` names a draw; two draws of different names are independent."""

    seed: int

    def roll(self, what: str, row: Ints, *also: Ints | int) -> Bits:
        """64 random bits for each row (and for each value of ``also``)."""
        key = hashlib.blake2b(f"{self.seed}:{what}".encode(), digest_size=8).digest()
        bits = _mixed((row.astype(np.uint64) + np.uint64(1)) * _GOLDEN + np.uint64(int.from_bytes(key, "little")))
        for value in also:
            bits = _mixed(bits ^ ((np.atleast_1d(np.asarray(value)).astype(np.uint64) + np.uint64(1)) * _GOLDEN))
        return bits

    def below(self, limit: int, what: str, row: Ints, *also: Ints | int) -> Ints:
        """A whole number from 0 to ``limit`` - 1, all equally likely."""
        return (self.roll(what, row, *also) % np.uint64(limit)).astype(np.int64)

    def one_in(self, n: int, what: str, row: Ints, *also: Ints | int) -> Mask:
        """True for one row in ``n``, on average."""
        hit: Mask = self.below(n, what, row, *also) == 0
        return hit

    def weighted(self, totals: tuple[int, ...], what: str, row: Ints, *also: Ints | int) -> Ints:
        """An index into ``totals`` (running totals of weights, see ``weights.cumulative``)."""
        draw = self.below(totals[-1], what, row, *also)
        return np.searchsorted(np.asarray(totals), draw, side="right").astype(np.int64)

    def skewed(self, limit: int, what: str, row: Ints, *also: Ints | int) -> Ints:
        """A whole number below ``limit``, small ones more often: a few people appear in many titles."""
        unit = (self.roll(what, row, *also) >> np.uint64(11)).astype(np.float64) * 2.0**-53
        return np.minimum((unit * unit * limit).astype(np.int64), limit - 1)
