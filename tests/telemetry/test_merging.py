from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from feedline.telemetry.merging import merged
from feedline.telemetry.metrics import Gauge, Metrics


def text(connections: float) -> bytes:
    metrics = Metrics()
    metrics.observe_gauges(lambda: [Gauge("feedline_connections", connections)])
    metrics.operation("publish_post").answered(201, 0.004)
    return generate_latest(metrics.registry)


def test_samples_of_all_workers_are_told_apart() -> None:
    found = merged({0: text(3), 1: text(4)}).decode()
    assert 'feedline_connections{worker="0"} 3.0\nfeedline_connections{worker="1"} 4.0' in found
    labels = 'worker="1",operation="publish_post",status="2xx"'
    assert f"feedline_http_requests_total{{{labels}}} 1.0" in found


def test_nothing_gets_lost_and_each_metric_stands_once() -> None:
    families = list(text_string_to_metric_families(merged({0: text(3), 1: text(4)}).decode()))
    names = [family.name for family in families]
    assert len(names) == len(set(names))
    alone = list(text_string_to_metric_families(text(3).decode()))
    for family in alone:
        both = next(other for other in families if other.name == family.name)
        assert (both.type, both.documentation) == (family.type, family.documentation)
        assert len(both.samples) == 2 * len(family.samples)


def test_one_that_did_not_answer_is_down() -> None:
    found = merged({0: text(3), 1: None}).decode()
    assert 'feedline_worker_up{worker="0"} 1.0\nfeedline_worker_up{worker="1"} 0.0\n' in found
    assert 'worker="1",' not in found
