-- Rows of the ledger that do not balance.
select run_id
from ingest_runs
where
    fetched_posts
    <> new_posts + duplicate_posts + edited_posts + skipped_posts + quarantined_posts
