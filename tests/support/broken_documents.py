"""Electronic documents that break a rule: something taken out of them, or other text in its place."""

from collections.abc import Callable

from lxml import etree

from billproof.adapters.einvoice.rules import NAMESPACES


def without(path: str) -> Callable[[bytes], bytes]:
    def change(xml: bytes) -> bytes:
        tree = etree.fromstring(xml)
        for element in tree.xpath(path, namespaces=NAMESPACES):
            element.getparent().remove(element)
        return bytes(etree.tostring(tree))

    return change


def with_text(path: str, value: str) -> Callable[[bytes], bytes]:
    def change(xml: bytes) -> bytes:
        tree = etree.fromstring(xml)
        for element in tree.xpath(path, namespaces=NAMESPACES):
            element.text = value
        return bytes(etree.tostring(tree))

    return change
