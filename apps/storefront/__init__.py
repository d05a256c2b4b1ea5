"""The shop: pages and accounts, and an event for everything a shopper does."""
