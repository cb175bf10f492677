"""The report of a study: ``report.html`` in one piece, ``report.md`` with its figures beside it."""

from gan_lightning.study.report.writing import write_report

__all__ = ["write_report"]
