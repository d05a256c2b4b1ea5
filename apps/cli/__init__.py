"""The recsys command: a thin layer over the other packages."""
