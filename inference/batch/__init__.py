"""Many articles in, one answer for each: resumable, every row exactly once, on one machine or on Ray.

A run goes through here in this order: `sources` (which files), `readers` and `parquet` (rows), `shards`
(rows cut into shards), `local` or `ray_pool` (who works on them), `worker` (a shard in, a file out),
`folder` (what is on disk, and what is done), `run` (all of it put together).
"""
