-- How good a call was: (MOS - 1) × 25, averaged over its participants, and what troubled it. NULL when nothing was
-- measured, or nothing was wrong.
ALTER TABLE calls
    ADD COLUMN avg_quality    smallint CHECK (avg_quality BETWEEN 0 AND 100),
    ADD COLUMN network_issues text[];
