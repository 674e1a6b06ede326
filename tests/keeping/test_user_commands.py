"""What the commands for people do with what they are given."""

import io
import sys
from pathlib import Path

import pytest

from feedline.errors import ValidationFailed
from feedline.keeping import user_commands
from feedline.storage import Storage


@pytest.mark.parametrize("line", ["", "\n", "short\n"])
def test_a_password_that_does_not_come_is_not_made_up(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(line))
    with pytest.raises(ValidationFailed, match="8 to 256"):
        user_commands.password("ann", stdin=True, storage=Storage(tmp_path))
