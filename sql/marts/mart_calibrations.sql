-- One row per version, source and claim of the thresholds that were fitted to reviews.
create view marts.mart_calibrations as
with newest as (
    select version
    from public.calibration_acts
    where act in ('apply', 'undo')
    order by act_id desc
    limit 1
),

applied as (
    select
        version,
        max(acted_at) as applied_at
    from public.calibration_acts
    where act = 'apply'
    group by version
)

select
    calibrations.version,
    calibrations.source,
    calibrations.claim_id,
    calibrations.threshold,
    calibrations.proven,
    calibrations.labels,
    calibrations.confirmed,
    calibration_fits.basis as basis_version,
    calibration_fits.precision_before,
    calibration_fits.precision_after,
    calibration_fits.recall_before,
    calibration_fits.recall_after,
    calibration_fits.alerts_gained,
    calibration_fits.alerts_lost,
    calibration_fits.beyond_bounds = '' as within_bounds,
    calibration_fits.fitted_at,
    applied.applied_at,
    coalesce(calibrations.version = newest.version, false) as in_force
from public.calibrations
inner join public.calibration_fits on calibrations.version = calibration_fits.version
left join applied on calibrations.version = applied.version
left join newest on true;
comment on view marts.mart_calibrations is
'One row per version, source and claim: the score from which alerts are raised, as reviews taught it.';
comment on column marts.mart_calibrations.version is 'version of the set of thresholds; mart_matches names it';
comment on column marts.mart_calibrations.source is 'source whose posts it is for; empty for all';
comment on column marts.mart_calibrations.claim_id is 'claim that it is for; empty for all';
comment on column marts.mart_calibrations.threshold is 'score (p_match times promotes) from which a match alarms';
comment on column marts.mart_calibrations.proven is
'whether labels prove that such alerts are right as often as promised';
comment on column marts.mart_calibrations.labels is 'verdicts on matches at or above the threshold';
comment on column marts.mart_calibrations.confirmed is 'how many of them confirmed the match';
comment on column marts.mart_calibrations.basis_version is
'version that was in force when it was fitted; NULL where none was';
comment on column marts.mart_calibrations.precision_before is
'share of the labelled alerts of all sources that were right with the thresholds then in force';
comment on column marts.mart_calibrations.precision_after is 'the same with this version';
comment on column marts.mart_calibrations.recall_before is
'share of the labelled posts that spread a claim which alarmed with the thresholds then in force';
comment on column marts.mart_calibrations.recall_after is 'the same with this version';
comment on column marts.mart_calibrations.alerts_gained is
'matches of the retained window that would alarm and did not, by the whole version';
comment on column marts.mart_calibrations.alerts_lost is 'matches that alarmed and would not';
comment on column marts.mart_calibrations.within_bounds is
'whether it lay inside the bounds of the policy and needed no person';
comment on column marts.mart_calibrations.fitted_at is 'when it was fitted, UTC';
comment on column marts.mart_calibrations.applied_at is 'when it was put in force last, UTC; NULL where it never was';
comment on column marts.mart_calibrations.in_force is 'whether it is in force now';
