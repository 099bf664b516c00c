"""How passwords are kept."""
