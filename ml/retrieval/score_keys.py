"""Scores as integers of their bits: they are compared several times as fast, and sorted as well."""

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

Keys = npt.NDArray[Any]
"""int16 of bfloat16, int32 of float32; the order is that of the scores."""


def bits_of(scores: Tensor) -> Keys:
    """The bits of bfloat16 or float32 numbers, sharing their memory.

    Where positive they are keys; negative numbers have the reverse order until `ordered`.
    """
    integer = torch.int16 if scores.dtype is torch.bfloat16 else torch.int32
    bits: Keys = scores.view(integer).numpy()
    return bits


def ordered(bits: Keys, out: Keys | None = None) -> Keys:
    """The keys of bits, and the bits of keys: the function is its own inverse."""
    number = np.iinfo(bits.dtype)
    negative = bits >> (number.bits - 1)
    keys: Keys = np.bitwise_xor(bits, negative & bits.dtype.type(number.max), out=out)
    return keys


def scores_of(keys: Keys) -> npt.NDArray[np.float32]:
    """The scores of keys."""
    dtype = torch.bfloat16 if keys.dtype == np.int16 else torch.float32
    scores: npt.NDArray[np.float32] = torch.from_numpy(ordered(keys)).view(dtype).float().numpy()
    return scores


class LargestKeys:
    """The `k` largest keys of each row so far."""

    def __init__(self, rows: int, k: int, width: int, excluded: Keys) -> None:
        """Begin with none.

        Args:
            rows: number of rows.
            k: keys kept per row.
            width: keys added per row at one time.
            excluded: scalar, the key of -inf.
        """
        self._width = width
        self._keys = np.full((rows, width + k), excluded)

    def add(self, keys: Keys) -> Keys:
        """The smallest of the `k` largest keys, (rows,), after `keys`, (rows, width), are added."""
        self._keys[:, : self._width] = keys
        self._keys.partition(self._width, axis=1)
        smallest: Keys = self._keys[:, self._width]
        return smallest
