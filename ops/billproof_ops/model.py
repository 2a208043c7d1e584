"""The base of what the command prints: a table for people, JSON for programs."""

from pydantic import BaseModel, ConfigDict


class Shown(BaseModel):
    """A frozen result."""

    model_config = ConfigDict(frozen=True, extra="forbid")
