-- One row that names this database. The epoch changes when the counters a client remembers may no longer be true: when
-- the database was restored (another system identifier) or a standby took over (another timeline).
CREATE TABLE meta (
    singleton         boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    epoch             uuid NOT NULL DEFAULT gen_random_uuid(),
    system_identifier bigint,
    timeline          bigint
);

INSERT INTO meta DEFAULT VALUES;
