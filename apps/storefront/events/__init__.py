"""What shoppers do, as events on their way to Kafka."""
