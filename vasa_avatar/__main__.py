"""`python -m vasa_avatar` is the same as `vasa-avatar`."""

import sys

from vasa_avatar.cli import main

sys.exit(main())
