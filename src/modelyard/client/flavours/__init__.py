"""Kinds of models: how each is recognised, saved and loaded. docs/flavours.md tells how to write one."""
