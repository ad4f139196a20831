"""The demonstration's documents."""

from datetime import date, datetime, timezone

from ..demo import company


def test_documents_are_dated_by_the_day_in_chile(monkeypatch):
    """At night it is tomorrow already by the clock of most servers."""

    class Night(datetime):
        @classmethod
        def now(cls, tz=None):
            return cls(2026, 11, 21, 1, tzinfo=timezone.utc).astimezone(tz)

    monkeypatch.setattr(company, "datetime", Night)
    assert company.today() == date(2026, 11, 20)
