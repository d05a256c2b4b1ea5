"""Reads what Gorse exports into a shop."""

from ml.data.gorse.shop import FEEDBACK_TYPES, GorseShop, read_gorse

__all__ = ["FEEDBACK_TYPES", "GorseShop", "read_gorse"]
