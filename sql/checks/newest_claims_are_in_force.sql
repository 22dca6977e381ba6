-- Claims in force of which a later version was loaded: posts are matched against words that were replaced.
select claims.claim_id
from claims
where
    claims.ended_at is null
    and exists (
        select 1
        from claims as later
        where later.claim_id = claims.claim_id and later.version > claims.version
    )
