"""Pictures from people and from the internet: fetching, opening and re-encoding them safely."""
