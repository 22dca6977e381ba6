-- Rows of the ledger that do not balance, or balance only because a number is below zero.
select run_id
from ingest_runs
where
    fetched_posts
    <> new_posts + duplicate_posts + edited_posts + skipped_posts + quarantined_posts
    or least(fetched_posts, new_posts, duplicate_posts, edited_posts, skipped_posts, quarantined_posts) < 0
