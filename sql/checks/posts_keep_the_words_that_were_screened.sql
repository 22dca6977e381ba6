-- Screened posts whose words are not those of their hash: vectors, matches and mentions are of other words.
select post_id
from posts
where
    screened_key is not null
    and content_hash <> encode(sha256(convert_to(coalesce(title, '') || chr(31) || text, 'UTF8')), 'hex')
