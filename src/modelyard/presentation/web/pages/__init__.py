"""The pages, one folder or file an address."""
