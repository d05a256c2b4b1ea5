"""From a model bundle to lists: for all users at once, and for one shopper at a request."""
