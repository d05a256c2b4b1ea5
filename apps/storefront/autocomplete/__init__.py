"""Suggestions while a shopper types: queries, categories and products."""
