"""What somebody asks for, as a typed value: the same from a command line, a form, a chat message or a saved intent."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import ValidationError

from opsbook.core.errors import Refused
from opsbook.core.text import one_line, shorten
from opsbook.core.types import Model


class Request(Model):
    """The base of every request. A kind defines one for each of its actions; its fields are documented below them.

    An absent value is the field's default, and is left out where a request is stored.
    """

    action: ClassVar[str]
    """`<kind>.<verb>`, for example `incident.declare`: what intents, and whoever reads one, know it by."""
    aside: ClassVar[frozenset[str]] = frozenset()
    """Fields that say nothing of what is asked for, such as what the person saw: they change while it is cut off."""

    by: str
    """Who acts: an id of `opsbook.yml`, `github:<login>`, `slack:<id>` or `local:<name>`."""
    record: str | None = None
    """The id of the record that it changes; none for a new record."""

    @property
    def kind_name(self) -> str:
        """The kind of record that it is about."""
        return self.action.partition(".")[0]

    @property
    def values(self) -> dict[str, Any]:
        """What was said beyond who acts and on which record, as JSON values."""
        return self.model_dump(mode="json", exclude={"by", "record"}, exclude_defaults=True)

    def typed(self) -> dict[str, str]:
        """The words that a person typed, by field."""
        return {name: value for name, value in self.values.items() if isinstance(value, str)}

    @property
    def kept(self) -> str | None:
        """Why contact details in its words are kept; nothing where they are not."""
        return self.values.get("keep")

    def as_json(self) -> dict[str, Any]:
        """The request as JSON values: what an intent keeps."""
        return {"action": self.action, "by": self.by, "record": self.record, "values": self.values}

    def fingerprint(self) -> str:
        """Equal for equal requests of the same person: how an orphaned intent is recognised."""
        value = self.as_json()
        value["values"] = {name: item for name, item in value["values"].items() if name not in self.aside}
        text = json.dumps(value, sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def stub(self, id_: str | None = None) -> Self | None:
        """Of a request whose facts belong in the restricted book: what the open book may hold. None for any other.

        Args:
            id_: of the record that holds the facts; the stub gets the same.
        """
        del id_
        return None

    def facts(self) -> tuple[str, ...]:
        """The fields that were given and that the stub leaves out."""
        stub = self.stub()
        return tuple(name for name in self.values if name not in stub.values) if stub is not None else ()


def read_request(value: Any, models: Iterable[type[Request]]) -> Request:
    """The inverse of `Request.as_json`.

    Raises:
        Refused: it is none of these requests, or does not fit its model: another program or another version wrote it.
    """
    try:
        action = value["action"]
        model = next((model for model in models if model.action == action), None)
        if model is None:
            raise Refused(f"“{shorten(one_line(str(action)), 60)}” is nothing that this version can do.")
        return model.model_validate({**value["values"], "by": value["by"], "record": value["record"]})
    except (KeyError, TypeError, AttributeError):
        raise Refused("It is no request.") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise Refused(f"{where} of {value['action']} cannot be used: {first['msg']}.") from None


@dataclass(frozen=True, slots=True)
class Given:
    """How a field of a request is given on a command line; as an annotation of the field.

    Attributes:
        flag: the option, where it is not the name of the field; a word without dashes is a positional argument.
        metavar: what stands for the value in the help.
        const: what the option means, where it takes no value; off: the option that means the opposite.
        of: what it is one of, for completion: a kind of record, or a vocabulary of `opsbook.yml`.
        short: a letter that does the same, like `-s`; words: whether it may be given as plain words too.
        many: whether a positional argument takes any number of words (`*`), or at least one (`+`).
    """

    flag: str = ""
    metavar: str = ""
    const: str | bool | None = None
    off: str = ""
    of: str = ""
    many: Literal["", "*", "+"] = ""
    short: str = ""
    words: bool = False


HIDDEN = Given(flag="-")
"""Of a field that nobody types."""

Typed = Annotated[str | None, Given(metavar="TEXT")]
"""Words that somebody typed, or nothing."""
