"""The ranking stage `full`: candidates of several models, ranked by a blend of their scores."""
