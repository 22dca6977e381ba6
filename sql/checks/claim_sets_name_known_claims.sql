-- Sets of claims that name a version that never was: what was screened with them cannot be told.
select
    claim_sets.claim_set_id,
    named.claim_id
from claim_sets
cross join lateral jsonb_each_text(claim_sets.versions) as named (claim_id, version)
where
    not exists (
        select 1
        from claims
        where claims.claim_id = named.claim_id and claims.version = named.version::integer
    )
