"""What server and drawing process say to each other."""

import struct

QUESTION = struct.Struct(">3sI")
"""Before each document: the kind of picture, and how long the document is."""

ANSWER = struct.Struct(">?I")
"""Before each picture: whether it was drawn, and how long it, or the reason, is."""
