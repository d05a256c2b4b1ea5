"""A synthetic shop whose ground truth is known; the same seed gives the same shop."""

from ml.data.synthetic.config import SyntheticConfig
from ml.data.synthetic.ground_truth import GroundTruth, oracle_top_k
from ml.data.synthetic.shop import SyntheticShop, generate

__all__ = [
    "GroundTruth",
    "SyntheticConfig",
    "SyntheticShop",
    "generate",
    "oracle_top_k",
]
