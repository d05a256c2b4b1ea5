"""The Faust processor: validates events, derives verdicts and keeps the live histories."""
