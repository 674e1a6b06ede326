from prometheus_client import generate_latest

from feedline.telemetry.metrics import Gauge, Metrics, Total


def exposed(metrics: Metrics) -> str:
    return generate_latest(metrics.registry).decode()


def test_requests_are_counted_by_operation_and_class_of_status() -> None:
    metrics = Metrics()
    operation = metrics.operation("publish_post")
    operation.answered(201, 0.004)
    operation.answered(422, 0.001)
    operation.answered(422, 0.001)
    text = exposed(metrics)
    assert 'feedline_http_requests_total{operation="publish_post",status="2xx"} 1.0' in text
    assert 'feedline_http_requests_total{operation="publish_post",status="4xx"} 2.0' in text
    assert 'feedline_http_request_seconds_count{operation="publish_post"} 3.0' in text


def test_live_gauges_are_asked_at_each_scrape() -> None:
    metrics = Metrics()
    open_sockets = [3.0]
    metrics.observe_gauges(lambda: [Gauge("feedline_connections", open_sockets[0])])
    assert "feedline_connections 3.0" in exposed(metrics)
    open_sockets[0] = 4.0
    assert "feedline_connections 4.0" in exposed(metrics)


def test_what_is_counted_elsewhere_is_a_counter() -> None:
    metrics = Metrics()
    metrics.observe_gauges(lambda: [Total("feedline_bus_sent_total", 2)])
    assert "# TYPE feedline_bus_sent_total counter" in exposed(metrics)
    assert "feedline_bus_sent_total 2.0" in exposed(metrics)


def test_each_process_counts_for_itself() -> None:
    first, second = Metrics(), Metrics()
    first.posts_published.inc()
    assert "feedline_posts_published_total 1.0" in exposed(first)
    assert "feedline_posts_published_total 0.0" in exposed(second)


def test_what_the_process_uses_is_there() -> None:
    assert "process_resident_memory_bytes" in exposed(Metrics())
