"""What shoppers were shown, sent by other programs."""
