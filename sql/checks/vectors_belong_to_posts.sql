-- Vectors of texts that no post holds any more, a day after they were last wanted.
select vectors.content_hash
from vectors
where
    not vectors.of_claim
    and not exists (select 1 from posts where posts.content_hash = vectors.content_hash)
