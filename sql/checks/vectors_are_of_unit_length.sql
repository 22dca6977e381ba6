-- Vectors that are not of unit length, as a cosine takes them to be.
select
    content_hash,
    model_id
from vectors
where abs(vector_norm(vector) - 1) > 0.01
