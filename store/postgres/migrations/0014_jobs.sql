-- Work that outlives a request. A node that takes a job moves its run_at to when it must be done, so that another one takes
-- it then if it is still here: whoever dies holds nothing for longer. key makes a second job of the same sort the same job.
CREATE TABLE jobs (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind       text COLLATE "C" NOT NULL,
    key        text COLLATE "C",
    args       jsonb NOT NULL DEFAULT '{}',
    run_at     timestamptz NOT NULL,
    attempts   integer NOT NULL DEFAULT 0,
    version    integer NOT NULL DEFAULT 0, -- raised by whoever takes or changes it
    last_error text,
    failed_at  timestamptz, -- of one that is not tried again

    UNIQUE (kind, key)
);

CREATE INDEX jobs_due ON jobs (kind, run_at) WHERE failed_at IS NULL;

-- What is old is deleted: found by blocks, for which such tables, that only grow at the end, need no more than this.
CREATE INDEX channel_events_by_time ON channel_events USING brin (created_at);
CREATE INDEX message_dedup_by_time ON message_dedup USING brin (created_at);
