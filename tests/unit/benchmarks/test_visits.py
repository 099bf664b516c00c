"""What is counted of a first visit to a page."""

from benchmarks.web.browser import Visit


def test_the_script_of_charts_is_told_apart() -> None:
    visit = Visit()
    visit.finished("http://127.0.0.1/", 9_000)
    visit.finished("http://127.0.0.1/static/0123456789abcdef/app.css", 1_000)
    visit.finished("http://127.0.0.1/static/0123456789abcdef/plotly.min.js", 1_400_000)
    assert (visit.requests, visit.bytes, visit.chart_bytes) == (2, 10_000, 1_400_000)
