"""Fills a shop with data, by the path that shoppers' clicks take."""
