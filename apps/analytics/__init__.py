"""What an analyst does with the topics: read them, export them, watch them."""
