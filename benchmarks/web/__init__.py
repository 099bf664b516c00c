"""How long the web pages take, and how much they send."""
