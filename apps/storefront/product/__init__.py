"""The page of one product, and what shoppers say about it there."""
