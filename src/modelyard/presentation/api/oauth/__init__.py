"""Tokens in the ways of OAuth."""
