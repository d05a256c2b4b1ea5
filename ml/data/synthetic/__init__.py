"""A shop with planted taste: seeded, reproducible and learnable."""

from ml.data.synthetic.config import SyntheticConfig
from ml.data.synthetic.files import write
from ml.data.synthetic.shop import SyntheticShop, generate

__all__ = ["SyntheticConfig", "SyntheticShop", "generate", "write"]
