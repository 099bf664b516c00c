"""The REST API, one package a noun: its routes, and the schemas of what goes in and out."""
