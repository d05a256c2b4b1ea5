"""The recsys command: a thin skin over the other rooms."""
