"""Why a shopper gets a list, for the merchandiser and the engineer."""
