"""The Arabic language, and the article as data: normalisation, sentences and clauses, parsing.

Import from the modules: `arabic.parse.parse_article`, `arabic.normalize.normalize`, …
"""
