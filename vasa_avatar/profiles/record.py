"""The base of every record in a profile: frozen, and a misspelt key is an error, not a silence."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Record(BaseModel):
    """One block of a profile."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


Text = Annotated[str, Field(max_length=100_000)]
"""what people write: long, but not a book"""
