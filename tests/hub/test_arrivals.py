"""How often connections may begin."""

from feedline.hub.arrivals import WINDOW, Arrivals, Rates


def test_a_person_may_come_so_often_at_once_and_then_at_the_rate() -> None:
    arrivals = Arrivals(per_user=300, per_address=0)
    assert sum(arrivals.person("ann", 0.0) for _ in range(1_000)) == 300
    assert sum(arrivals.person("ann", 10.0) for _ in range(1_000)) == 10
    assert arrivals.person("bob", 10.0), "others are not touched"
    assert sum(arrivals.person("ann", 10.0 + 2 * WINDOW) for _ in range(1_000)) == 300


def test_those_who_do_not_say_who_they_are_count_by_their_network() -> None:
    arrivals = Arrivals(per_user=0, per_address=2)
    assert [arrivals.stranger(f"2001:db8::{n}", 0.0) for n in (1, 2, 3)] == [True, True, False]
    assert arrivals.stranger("2001:db8:0:1::1", 0.0)
    assert arrivals.stranger("10.0.0.1", 0.0)
    assert all(arrivals.person("ann", 0.0) for _ in range(1_000)), "0 is no bound"


def test_what_is_remembered_is_bounded() -> None:
    rates = Rates(5, most_keys=100)
    for number in range(1_000):
        rates.take(f"person{number}", 0.0)
    assert len(rates) == 100
    rates.take("ann", WINDOW)
    assert len(rates) == 1, "the others may come as often as if they had never been here"
