-- last_seq and last_event_seq are raised by every message, in the order in which messages are committed. They stand in no
-- index and the pages keep room, so that such an update stays on its page (HOT).
CREATE TABLE channels (
    id              text COLLATE "C" PRIMARY KEY,
    name            text NOT NULL DEFAULT '',
    description     text NOT NULL DEFAULT '',
    channel_type    text NOT NULL CHECK (channel_type IN ('dm', 'general', 'project', 'department')),
    is_private      boolean NOT NULL,
    is_internal     boolean NOT NULL,
    is_archived     boolean NOT NULL DEFAULT false,
    is_read_only    boolean NOT NULL DEFAULT false,

    -- The two people of a DM, in order: one channel a pair.
    dm_low          text COLLATE "C" REFERENCES users (id),
    dm_high         text COLLATE "C" REFERENCES users (id),

    last_seq        bigint NOT NULL DEFAULT 0,
    last_event_seq  bigint NOT NULL DEFAULT 0,
    last_message_at timestamptz(3),

    created_by      text NOT NULL,
    created_at      timestamptz(3) NOT NULL DEFAULT now(),
    updated_at      timestamptz(3) NOT NULL DEFAULT now(),

    UNIQUE (id, is_internal),
    CONSTRAINT channels_one_dm_a_pair UNIQUE (dm_low, dm_high),
    CONSTRAINT channels_dm_has_a_pair CHECK
        (CASE WHEN channel_type = 'dm' THEN dm_low IS NOT NULL AND dm_high IS NOT NULL AND dm_low < dm_high
              ELSE dm_low IS NULL AND dm_high IS NULL END),
    CONSTRAINT channels_general_is_internal CHECK (channel_type <> 'general' OR is_internal)
) WITH (fillfactor = 70);

CREATE UNIQUE INDEX channels_one_general ON channels (channel_type) WHERE channel_type = 'general';
CREATE INDEX channels_dm_high ON channels (dm_high) WHERE channel_type = 'dm';
