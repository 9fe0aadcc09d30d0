"""What a file of the service catalogue holds."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from opsbook.core.types import (
    WHOLE,
    Callee,
    ChannelRef,
    Line,
    Link,
    Model,
    OneOf,
    RunbookRef,
    ServiceRef,
    Slug,
    TeamRef,
    Text,
    Url,
    many,
    matching,
    means,
)

Lifecycle = Literal["live", "beta", "retired"]
means(Lifecycle, "People may rely on it.", "People may try it, and not rely on it.", "It is no longer there.")


class HealthCheck(Model):
    """An address that says whether the service is well."""

    title: Line
    """What it checks."""
    url: Url
    """The address."""
    expect: Annotated[int, Field(ge=100, le=599), WHOLE] = 200
    """The HTTP status of a healthy answer."""


class Service(Model):
    """`services/<name>.yaml`: a service of ours, or one that is not ours and where to go with it."""

    name: Slug
    """Its name; the file has the same."""
    title: Line
    """Its name on the site."""
    description: Text
    """What it does, for somebody who has never heard of it."""
    ours: bool
    """Whether we run it."""
    owner: TeamRef | None = None
    """The team that runs it; every service of ours has one."""
    page: Callee | None = None
    """Who is woken for it: a rota or another name that the pager knows; its owner where nothing is said."""
    channel: ChannelRef | None = None
    """Where to ask about it."""
    lifecycle: Lifecycle = "live"
    """Whether people may rely on it."""
    go_to: Text | None = None
    """Where to go with a problem, for a service that is not ours."""
    link: Link | None = None
    """Its home page or support page."""
    status_page: Url | None = None
    """Where its maker publishes its state."""
    component: Annotated[str, OneOf("components", "status page component")] | None = None
    """Its component on our status page."""
    alerts: tuple[Annotated[str, matching(r"^[^=\s][^=]*=.*\S$", "must be label=value")], ...] = many()
    """Labels of alerts that are about it, like `namespace=checkout`."""
    health: tuple[HealthCheck, ...] = many()
    """How to see whether it is well."""
    runbooks: tuple[RunbookRef, ...] = many()
    """Runbooks for it."""
    depends_on: tuple[ServiceRef, ...] = many()
    """Services that it needs."""
