import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedline.feed.cursor import Cursor, Position
from tests.feed.strategies import examples

epochs = st.text(min_size=1, max_size=30)
nearly_cursors = st.tuples(st.text(max_size=8), st.text("0123456789-+ _e٣", max_size=70)).map(
    "-".join
)


@examples(100)
@given(epochs, st.integers(0, 2**63 - 1))
def test_what_is_written_is_read_back(epoch: str, seq: int) -> None:
    cursor = Cursor(epoch, seq)
    assert Cursor.parse(str(cursor)) == cursor


@examples(150)
@given(st.text() | nearly_cursors)
def test_any_text_is_a_cursor_or_none_and_never_an_error(text: str) -> None:
    cursor = Cursor.parse(text)
    if cursor is not None:
        assert cursor.epoch
        assert 0 <= cursor.seq < 2**63
        assert Cursor.parse(str(cursor)) == cursor


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "7",
        "-7",
        "abc-",
        "abc-x",
        "abc-1.5",
        "abc-+1",
        "abc- 1",
        "abc-1 ",
        "abc-1_0",
        "abc-٣",
        f"abc-{2**63}",
        f"abc-{'9' * 5_000}",
        f"{'a' * 64}-1",
    ],
)
def test_what_is_no_cursor(text: str) -> None:
    assert Cursor.parse(text) is None


def test_an_epoch_may_hold_dashes() -> None:
    assert Cursor.parse("a-b-12") == Cursor("a-b", 12)


def test_a_position_is_known_once_it_is_settled() -> None:
    position = Position()
    with pytest.raises(RuntimeError, match="at the commit"):
        str(position)
    position.settle("e-1")
    assert str(position) == "e-1"
    assert str(Position("e-2")) == "e-2"
