-- Posts that were published more than a day after they were stored.
select post_id
from posts
where created_at > ingested_at + interval '1 day'
