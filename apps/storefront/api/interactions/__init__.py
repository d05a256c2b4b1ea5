"""What shoppers do, sent by other programs."""
