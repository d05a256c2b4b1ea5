"""Fills a shop with data, on the way that shoppers' clicks take."""
