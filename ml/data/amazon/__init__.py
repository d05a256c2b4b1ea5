"""Reads an Amazon-style table of products and reviews into a shop."""

from ml.data.amazon.shop import COLLECTED_AT, AmazonShop, read_amazon
from ml.data.amazon.table import MergedRow, RepairedField

__all__ = ["COLLECTED_AT", "AmazonShop", "MergedRow", "RepairedField", "read_amazon"]
