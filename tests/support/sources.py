"""The code as tests of its layout read it: each text is parsed once in a process."""

import ast
from functools import cache


@cache
def nodes(text: str) -> tuple[ast.AST, ...]:
    """Return every node of a text, in the order of `ast.walk`; nobody changes them."""
    return tuple(ast.walk(ast.parse(text)))
