"""How the server answers, counted."""
