"""Reads data sets from files, and generates the synthetic shop.

- `download`: fetches a file from a path or a URL.
- `csv_file`: reads CSV files record by record; `text_table`: reads CSV, Parquet and line files as
  columns; `fields`: converts single fields; these three serve the readers below.
- `event_log`: a shop's log as events, to load into a shop.
- `log_table`: a log and its held-out items as tables, to train and evaluate on.
- `catalogue_table`: the products and users that belong to such a log, as tables.
- `amazon`: an Amazon-style table of products and reviews, as a shop.
- `gorse`: what Gorse exports, as a shop.
- `synthetic`: a generated shop with its ground truth.
"""
