"""The query language: text to syntax tree and back. What a tree means in SQL is the repositories' business."""

from modelyard.domain.query.builder import MAX_TERMS
from modelyard.domain.query.fields import FIELDS, FieldSpec, Subject, ValueKind, fields_of, find_field
from modelyard.domain.query.parser import MAX_CHARACTERS, parse
from modelyard.domain.query.rendering import render
from modelyard.domain.query.syntax import EVERYTHING, And, Comparison, Expression, Field, Operator, Present, Words

__all__ = [
    "EVERYTHING",
    "FIELDS",
    "MAX_CHARACTERS",
    "MAX_TERMS",
    "And",
    "Comparison",
    "Expression",
    "Field",
    "FieldSpec",
    "Operator",
    "Present",
    "Subject",
    "ValueKind",
    "Words",
    "fields_of",
    "find_field",
    "parse",
    "render",
]
