"""The query language: text to syntax tree and back. What a tree means in SQL is the repositories' business."""

from modelyard.domain.query.bounds import MAX_DEPTH, MAX_TERMS
from modelyard.domain.query.fields import FIELDS, FieldSpec, Subject, ValueKind, fields_of, find_field
from modelyard.domain.query.parser import MAX_CHARACTERS, parse
from modelyard.domain.query.rendering import render
from modelyard.domain.query.syntax import (
    EVERYTHING,
    Among,
    And,
    Comparison,
    Expression,
    Field,
    Not,
    Numeral,
    Operator,
    Or,
    Present,
    Value,
    Words,
)

__all__ = [
    "EVERYTHING",
    "FIELDS",
    "MAX_CHARACTERS",
    "MAX_DEPTH",
    "MAX_TERMS",
    "Among",
    "And",
    "Comparison",
    "Expression",
    "Field",
    "FieldSpec",
    "Not",
    "Numeral",
    "Operator",
    "Or",
    "Present",
    "Subject",
    "Value",
    "ValueKind",
    "Words",
    "fields_of",
    "find_field",
    "parse",
    "render",
]
