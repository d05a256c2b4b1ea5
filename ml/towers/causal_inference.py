"""The causal encoder without torch: what `ml.towers.causal` computes for the newest entry."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]

_EPSILON = np.float32(1e-5)
"""That of torch's layer_norm."""


def encode_newest(
    weights: Mapping[str, Array], entries: Array, lengths: npt.NDArray[np.int64]
) -> Array:
    """The encoded histories, in any scale, float32 (users, dim).

    Only the newest entry asks, so its query goes through the matrix of the keys, and the attended
    entries through that of the values, instead of all entries through both.

    Args:
        weights: the parameters of `CausalEncoder` by name.
        entries: weighted item vectors, float32 (users, length, dim), each user's from the oldest to
            the newest, and then zeros.
        lengths: int64 (users,), how many entries each user has, at least 1.
    """
    length, dim = entries.shape[1:]
    root = np.float32(np.sqrt(dim))
    rows, newest = np.arange(len(entries)), lengths - 1
    x = entries * root
    normed = _normed(x, weights["attention_scale"], weights["attention_shift"])
    of_query, of_key, of_value = np.split(weights["query_key_value"], 3, axis=1)
    query_bias, _, value_bias = np.split(weights["query_key_value_bias"], 3)
    query = (normed[rows, newest] @ of_query + query_bias) @ of_key.T
    # The bias of the keys adds the same to all scores of a user.
    scores = (normed @ query[:, :, None])[:, :, 0] / root
    distances = newest[:, None] - np.arange(length)
    scores += weights["distance_bias"][np.maximum(distances, 0)]
    scores[distances < 0] = -np.inf
    attention = np.exp(scores - scores.max(axis=1, keepdims=True))
    attention /= attention.sum(axis=1, keepdims=True)
    attended = (attention[:, None, :] @ normed)[:, 0] @ of_value + value_bias
    last: Array = x[rows, newest] + attended @ weights["output"] + weights["output_bias"]
    normed = _normed(last, weights["feed_forward_scale"], weights["feed_forward_shift"])
    hidden = _gelu(normed @ weights["expansion"] + weights["expansion_bias"])
    last = last + hidden @ weights["contraction"] + weights["contraction_bias"]
    return _normed(last, weights["final_scale"], weights["final_shift"])


def _normed(x: Array, scale: Array, shift: Array) -> Array:
    centred = x - x.mean(axis=-1, keepdims=True)
    variance = np.square(centred).mean(axis=-1, keepdims=True)
    normed: Array = centred / np.sqrt(variance + _EPSILON) * scale + shift
    return normed


def _gelu(x: Array) -> Array:
    # Not x**3, which takes longer than all the rest of the block.
    inner = np.float32(np.sqrt(2 / np.pi)) * (x + np.float32(0.044715) * (x * x * x))
    activated: Array = np.float32(0.5) * x * (1 + np.tanh(inner))
    return activated
