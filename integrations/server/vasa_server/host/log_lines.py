"""Log lines that programs read: one JSON object each. No speech, no faces, no addresses of people.

What an exception says may quote what somebody said; so only its kind and place are written.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

from vasa_avatar.privacy import fault_of


class JsonLines(logging.Formatter):
    """A record as one line of JSON: time, level, logger, message, process; fault where there is."""

    def format(self, record: logging.LogRecord) -> str:
        """See logging.Formatter."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "process": record.process,
        }
        if record.exc_info and record.exc_info[1] is not None:
            line["fault"] = fault_of(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False)


def log_as_json(level: int = logging.INFO) -> None:
    """Have everything that is logged in this process go to standard error as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("websockets").setLevel(max(level, logging.WARNING))  # a line for each request
