"""Merchandising rules: what the shop stores, after it has checked it."""
