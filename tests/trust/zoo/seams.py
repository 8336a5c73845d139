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
    """A point `name` where a host can be made to die, before the statement at `text`."""
    file: str
    name: str
    text: str
    after: str = ""


@dataclasses.dataclass(frozen=True)
class Test:
    """A suite and, of Catch2's, the test in it; on the backends that are named.

    `isolation`: the level that PostgreSQL is told to have by default.
    """
    suite: str
    name: str = ""
    backends: str = ""
    isolation: str = ""

    @property
    def arguments(self):
        # Catch2 takes a comma for the end of a name.
        return [self.name.replace(",", "\\,").replace("[", "\\[")] if self.name else []

    @property
    def environment(self):
        out = {"HOLDFAST_TEST_BACKENDS": self.backends} if self.backends else {}
        if self.isolation:
            level = self.isolation.replace(" ", "\\ ")
            out["PGOPTIONS"] = f"-c default_transaction_isolation={level}"
        return out

    def __str__(self):
        name = f", “{self.name}”" if self.name else ""
        where = ", ".join(filter(None, (self.backends, self.isolation)))
        return f"`{self.suite}`{name}" + (f" ({where})" if where else "")


@dataclasses.dataclass(frozen=True)
class Variant:
    name: str
    what: str
    by: Test
    edits: tuple
