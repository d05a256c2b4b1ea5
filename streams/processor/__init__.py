"""The Faust processor: validates events, judges views and keeps each shopper's live history."""
