"""How fast the registry is beside something known, measured on the same machine in the same minutes."""
