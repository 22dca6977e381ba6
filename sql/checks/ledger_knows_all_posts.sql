-- Sources with more posts than their ledger says that they brought. The ledger is kept for longer than posts are.
with brought as (
    select
        source,
        sum(new_posts) as new_posts
    from ingest_runs
    group by source
)

select posts.source
from posts
inner join brought on posts.source = brought.source
group by posts.source, brought.new_posts
having count(*) > brought.new_posts
