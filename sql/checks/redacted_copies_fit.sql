-- Screened posts in which something was found and that have no redacted copy, and copies of posts in which nothing was.
select post_id
from (
    select
        posts.post_id,
        posts.screened_key,
        posts.redacted_text,
        exists (select 1 from matches where matches.post_id = posts.post_id)
        or exists (select 1 from mentions where mentions.post_id = posts.post_id) as is_found
    from posts
) as judged
where
    (is_found and screened_key is not null and redacted_text is null)
    or (not is_found and redacted_text is not null)
