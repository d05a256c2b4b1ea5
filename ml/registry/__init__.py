"""Model versions: their rows, vectors and bundles, and which of them is live."""
