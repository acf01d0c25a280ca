-- When a member wrote last, for slow mode.
ALTER TABLE channel_members ADD COLUMN last_sent_at timestamptz(3);

-- Who wants to hear nothing of whom.
CREATE TABLE blocks (
    user_id    text COLLATE "C" NOT NULL REFERENCES users (id),
    blocked_id text COLLATE "C" NOT NULL REFERENCES users (id),
    created_at timestamptz(3) NOT NULL DEFAULT now(),

    PRIMARY KEY (user_id, blocked_id),
    CHECK (user_id <> blocked_id)
);

CREATE INDEX blocks_of_blocked ON blocks (blocked_id);

-- Messages that somebody, or the word filter (reporter_id ''), shows to those who moderate. body is what the message said
-- then.
CREATE TABLE reports (
    id          text COLLATE "C" PRIMARY KEY,
    message_id  text COLLATE "C" NOT NULL REFERENCES messages (id),
    channel_id  text COLLATE "C" NOT NULL REFERENCES channels (id),
    reporter_id text COLLATE "C" NOT NULL,
    reason      text NOT NULL,
    details     text NOT NULL,
    body        text NOT NULL,
    status      text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'resolved', 'dismissed')),
    action      text NOT NULL DEFAULT '',
    note        text NOT NULL DEFAULT '',
    resolved_by text COLLATE "C",
    resolved_at timestamptz(3),
    created_at  timestamptz(3) NOT NULL DEFAULT now()
);

CREATE UNIQUE INDEX reports_one_open ON reports (message_id, reporter_id) WHERE status = 'open';
CREATE INDEX reports_of_channel ON reports (channel_id, status, id);
CREATE INDEX reports_of_message ON reports (message_id);

-- The words that the filter looks for; one row.
CREATE TABLE word_lists (
    id         boolean PRIMARY KEY DEFAULT true CHECK (id),
    lists      jsonb NOT NULL DEFAULT '[]',
    revision   bigint NOT NULL DEFAULT 0,
    updated_by text COLLATE "C",
    updated_at timestamptz(3)
);

INSERT INTO word_lists DEFAULT VALUES;

-- Who of the company's admins may read which DM until when.
CREATE TABLE dm_access (
    user_id    text COLLATE "C" NOT NULL REFERENCES users (id),
    channel_id text COLLATE "C" NOT NULL REFERENCES channels (id),
    until      timestamptz(3) NOT NULL,

    PRIMARY KEY (user_id, channel_id)
);

-- What admins and moderators did. Rows are added and never changed: the triggers refuse it to every role that they are
-- not switched off for, also to the one that owns the table.
CREATE TABLE audit_log (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at         timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
    actor_id   text COLLATE "C" NOT NULL,
    action     text COLLATE "C" NOT NULL,
    channel_id text COLLATE "C",
    user_id    text COLLATE "C", -- whom it was done to
    message_id text COLLATE "C",
    details    jsonb NOT NULL DEFAULT '{}'
);

CREATE INDEX audit_log_of_channel ON audit_log (channel_id, id) WHERE channel_id IS NOT NULL;
CREATE INDEX audit_log_of_actor ON audit_log (actor_id, id);

CREATE FUNCTION audit_log_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is only added to' USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER audit_log_rows_are_kept BEFORE UPDATE OR DELETE ON audit_log
    FOR EACH ROW EXECUTE FUNCTION audit_log_is_kept();
CREATE TRIGGER audit_log_is_not_emptied BEFORE TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION audit_log_is_kept();
