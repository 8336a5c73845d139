"""What a variant changes in a source, and what catches it."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Swap:
    """`wrong` instead of `text`: both statements (the text ends with ; or }) or both expressions.

    The text stands in the file once, or is the first one after `after`.
    """
    file: str
    text: str
    wrong: str
    after: str = ""


@dataclasses.dataclass(frozen=True)
class Sql:
    """`wrong` instead of `text` within the SQL of a constexpr `constant`."""
    file: str
    constant: str
    text: str
    wrong: str


@dataclasses.dataclass(frozen=True)
class Prelude:
    """Something that the file's variants need, before its first namespace."""
    file: str
    text: str


@dataclasses.dataclass(frozen=True)
class Before:
    """A point `name` where a host can be made to die, before the statement that starts at `text`."""
    file: str
    name: str
    text: str
    after: str = ""


@dataclasses.dataclass(frozen=True)
class Test:
    """A suite and, of Catch2's, the test in it; on the backends that are named."""
    suite: str
    name: str = ""
    backends: str = ""

    @property
    def arguments(self):
        # Catch2 takes a comma for the end of a name.
        return [self.name.replace(",", "\\,").replace("[", "\\[")] if self.name else []

    @property
    def environment(self):
        return {"HOLDFAST_TEST_BACKENDS": self.backends} if self.backends else {}

    def __str__(self):
        name = f", “{self.name}”" if self.name else ""
        return f"`{self.suite}`{name}" + (f" ({self.backends})" if self.backends else "")


@dataclasses.dataclass(frozen=True)
class Variant:
    name: str
    what: str
    by: Test
    edits: tuple
