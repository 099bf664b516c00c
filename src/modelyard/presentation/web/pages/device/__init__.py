"""Allowing a program that shows a code."""
