"""Why a document could not be read."""


class UnreadableDocument(ValueError):
    """What was given is not a document that can be read.

    :ivar reason: one English sentence; it never holds more than a short value
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NoDteXml(UnreadableDocument):
    """A good XML without tax documents, e.g. an answer to one."""


class RefusedXml(UnreadableDocument):
    """An XML that is refused unread, because reading it could do harm.

    :ivar code: ``too_large``, ``document_type`` (DTD or entities), ``too_deep`` or
        ``encoding``
    """

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
