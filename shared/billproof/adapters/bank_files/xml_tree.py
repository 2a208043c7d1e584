"""XML as a tree of elements that know their line. Document types, entities and deep nesting are refused.

A message of ISO 20022 has no document type, so no file with one is read: no entity can be declared in it, and nothing
outside it is fetched.
"""

from xml.parsers import expat

from billproof.adapters.bank_files.values import refuse

MOST_DEEP = 40
"""How deep elements may be nested; messages of ISO 20022 have about 15 levels."""


class XmlElement:
    """An element without its namespace: its text, attributes, children, and the line where it begins."""

    __slots__ = ("attributes", "children", "line", "name", "text")

    def __init__(self, name: str, attributes: dict[str, str], line: int) -> None:
        self.name = name
        self.attributes = attributes
        self.line = line
        self.text = ""
        self.children: tuple[XmlElement, ...] = ()

    def all(self, path: str) -> list["XmlElement"]:
        """Return the elements below this one by a path of names."""
        elements = [self]
        for name in path.split("/"):
            elements = [child for element in elements for child in element.children if child.name == name]
        return elements

    def first(self, *paths: str) -> "XmlElement | None":
        """Return the first element of the first path that there is."""
        return next((element for path in paths for element in self.all(path)), None)

    def words(self, *paths: str) -> str | None:
        """Return the text of the first element of the first path that has one, without blanks around it."""
        texts = (element.text.strip() for path in paths for element in self.all(path))
        return next((text for text in texts if text), None)

    @property
    def place(self) -> str:
        """Where it stands, for an error."""
        return f"line {self.line}, element {self.name}"


def read_xml(data: bytes) -> tuple[XmlElement, str]:
    """Read an XML document: its root, and the namespace of the root. Raises InvalidInput where it is not sound."""
    reader = _TreeBuilder()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = lambda name, attributes: reader.start(name, attributes, parser.CurrentLineNumber)
    parser.EndElementHandler = lambda _name: reader.end()
    parser.CharacterDataHandler = reader.characters
    parser.StartDoctypeDeclHandler = lambda *_: _refuse_document_type(parser.CurrentLineNumber)
    try:
        parser.Parse(data, True)  # noqa: FBT003 - expat's own: this is all of it
    except (expat.ExpatError, ValueError, LookupError):  # the latter two of an encoding that is none
        refuse("this is not well-formed XML, or it is cut off", f"line {parser.CurrentLineNumber}")
    if reader.root is None:
        refuse("there is no element", "the whole file")
    return reader.root, reader.namespace


def _refuse_document_type(line: int) -> None:
    refuse("a document type is not allowed: it could declare entities", f"line {line}")


_NO_ATTRIBUTES: dict[str, str] = {}


class _OpenElement:
    """An element whose end did not come yet."""

    __slots__ = ("children", "element", "parts")

    def __init__(self, element: XmlElement) -> None:
        self.element = element
        self.children: list[XmlElement] = []
        self.parts: list[str] = []


class _TreeBuilder:
    """Builds the tree from what expat tells; what is empty or the same is one object, as large files have many."""

    def __init__(self) -> None:
        self.root: XmlElement | None = None
        self.namespace = ""
        self._names: dict[str, str] = {}
        self._open: list[_OpenElement] = []

    def start(self, name: str, attributes: dict[str, str], line: int) -> None:
        if self.root is None:
            self.namespace = name.rpartition(" ")[0]
        if len(self._open) >= MOST_DEEP:
            refuse(f"elements are nested deeper than {MOST_DEEP} levels", f"line {line}")
        element = XmlElement(self._name(name), attributes or _NO_ATTRIBUTES, line)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(_OpenElement(element))

    def end(self) -> None:
        ended = self._open.pop()
        ended.element.text = "".join(ended.parts)
        ended.element.children = tuple(ended.children)

    def characters(self, text: str) -> None:
        self._open[-1].parts.append(text)

    def _name(self, name: str) -> str:
        """Return a name without the namespace of the message; what banks add in others keeps it."""
        known = self._names.get(name)
        if known is None:
            namespace, _, local = name.rpartition(" ")
            known = self._names[name] = local if namespace == self.namespace else name
        return known
