"""Which models may lie at a place of a value: their fields are what belongs there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, get_args

from pydantic import BaseModel, RootModel


def models_at(model: type[BaseModel], value: Any, place: Sequence[str | int]) -> list[type[BaseModel]]:
    """The models at a place of a value that is read as `model`; of a choice the member that the value means."""
    models = list(_meant([model], value))
    for step in place:
        fields = [item.model_fields[str(step)] for item in models if step in item.model_fields]
        if fields:
            models = [inner for field in fields for inner in _models(field.annotation)]
        try:
            value = value[step]
        except (LookupError, TypeError):
            value = None
        models = list(_meant(models, value))
    return models


def _meant(models: Iterable[type[BaseModel]], value: Any) -> Iterator[type[BaseModel]]:
    for item in models:
        if not issubclass(item, RootModel):
            yield item
            continue
        root = item.model_fields["root"]
        said = value.get(root.discriminator) if isinstance(value, dict) else None
        for member in _models(root.annotation):
            if said in get_args(member.model_fields[str(root.discriminator)].annotation):
                yield member


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that a field may hold, by themselves or in a list or a mapping."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)
