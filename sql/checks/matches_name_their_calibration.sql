-- Matches that were decided by thresholds which nobody fitted.
select match_id
from matches
where
    calibration is not null
    and not exists (
        select 1
        from calibration_fits
        where calibration_fits.version = matches.calibration
    )
