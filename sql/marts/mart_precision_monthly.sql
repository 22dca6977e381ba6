-- One row per practice, platform, claim and month (UTC) in which people reviewed matches.
create view marts.mart_precision_monthly as
with newest as (
    -- The last word of a person on a match counts, even when they or a colleague think again.
    select distinct on (practice_id, platform, platform_id, claim_id)
        practice_id,
        platform,
        claim_id,
        verdict,
        p_match,
        promotes,
        reviewed_at
    from public.reviews
    where subject = 'match'
    order by practice_id asc, platform asc, platform_id asc, claim_id asc, reviewed_at desc, review_id desc
)

select
    newest.practice_id,
    newest.platform,
    newest.claim_id,
    claims.claim,
    date_trunc('month', newest.reviewed_at at time zone 'UTC')::date as month_on,
    count(*) as reviews,
    count(*) filter (where newest.verdict = 'confirmed') as confirmed,
    count(*) filter (where newest.verdict = 'rejected') as rejected,
    avg((newest.verdict = 'confirmed')::int)::double precision as precision_share,
    avg(newest.p_match * newest.promotes) as expected_share
from newest
left join public.claims
    on
        newest.claim_id = claims.claim_id
        and claims.ended_at is null
group by
    newest.practice_id,
    newest.platform,
    newest.claim_id,
    claims.claim,
    date_trunc('month', newest.reviewed_at at time zone 'UTC')::date;
comment on view marts.mart_precision_monthly is
'One row per practice, platform, claim and month: what people confirmed and rejected, beside what scores had promised.';
comment on column marts.mart_precision_monthly.practice_id is 'the practice whose staff decided';
comment on column marts.mart_precision_monthly.platform is 'platform of the reviewed posts';
comment on column marts.mart_precision_monthly.claim_id is 'claim of the reviewed matches';
comment on column marts.mart_precision_monthly.claim is 'the claim in words; NULL where it is no longer in force';
comment on column marts.mart_precision_monthly.month_on is
'first day of the month (UTC) of the last verdict on each match';
comment on column marts.mart_precision_monthly.reviews is
'matches with a verdict; the last verdict on a match counts';
comment on column marts.mart_precision_monthly.confirmed is 'matches that a person confirmed';
comment on column marts.mart_precision_monthly.rejected is 'matches that a person rejected';
comment on column marts.mart_precision_monthly.precision_share is 'confirmed over reviewed';
comment on column marts.mart_precision_monthly.expected_share is
'mean score of these matches when they were reviewed';
