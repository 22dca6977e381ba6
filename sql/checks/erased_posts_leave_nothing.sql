-- Posts that are no longer public and still have words, an author, an address or something derived from them.
select posts.post_id
from posts
where
    posts.status <> 'live'
    and (
        posts.text <> ''
        or posts.title is not null
        or posts.author_hash is not null
        or posts.url is not null
        or posts.redacted_text is not null
        or exists (select 1 from matches where matches.post_id = posts.post_id)
        or exists (select 1 from mentions where mentions.post_id = posts.post_id)
        or exists (select 1 from alert_posts where alert_posts.post_id = posts.post_id)
        or exists (select 1 from narrative_posts where narrative_posts.post_id = posts.post_id)
    )
