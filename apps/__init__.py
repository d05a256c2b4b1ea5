"""What people and machines run: the storefront, the command line, the laptop stack."""
