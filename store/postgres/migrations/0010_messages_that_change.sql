-- What may become of a message after it was written. thread_count, last_reply_at and last_repliers are kept on the message
-- that a thread hangs on, since every page that shows it needs them.
ALTER TABLE messages
    ADD COLUMN parent_id        text COLLATE "C" REFERENCES messages (id),
    ADD COLUMN thread_count     integer NOT NULL DEFAULT 0 CHECK (thread_count >= 0),
    ADD COLUMN last_reply_at    timestamptz(3),
    ADD COLUMN last_repliers    text[] NOT NULL DEFAULT '{}',
    ADD COLUMN mentions         text[] NOT NULL DEFAULT '{}',
    ADD COLUMN mentions_channel boolean NOT NULL DEFAULT false,
    ADD COLUMN attachments      jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN link_preview     jsonb,
    ADD COLUMN quote            jsonb,
    ADD COLUMN system           jsonb,
    ADD COLUMN revision         integer NOT NULL DEFAULT 0,
    ADD COLUMN edited_at        timestamptz(3),
    ADD COLUMN deleted_at       timestamptz(3),
    ADD COLUMN deleted_by       text COLLATE "C",
    ADD COLUMN pinned_at        timestamptz(3),
    ADD COLUMN pinned_by        text COLLATE "C",
    -- A deleted message keeps its place and loses its words; those are in message_revisions.
    ADD CONSTRAINT messages_deleted_are_empty CHECK (deleted_at IS NULL OR (body = '' AND attachments = '[]'
        AND link_preview IS NULL AND quote IS NULL AND pinned_at IS NULL));

CREATE INDEX messages_of_thread ON messages (parent_id, seq) WHERE parent_id IS NOT NULL;
CREATE INDEX messages_pinned ON messages (channel_id, pinned_at) WHERE pinned_at IS NOT NULL;
CREATE INDEX messages_to_channel ON messages (channel_id, seq) WHERE mentions_channel;

-- What a message said before an edit or before it was deleted.
CREATE TABLE message_revisions (
    message_id text COLLATE "C" NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    revision   integer NOT NULL,
    body       text NOT NULL,
    editor_id  text COLLATE "C" NOT NULL, -- who replaced it
    edited_at  timestamptz(3) NOT NULL,

    PRIMARY KEY (message_id, revision)
);

CREATE TABLE message_reactions (
    message_id text COLLATE "C" NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    emoji      text COLLATE "C" NOT NULL,
    user_id    text COLLATE "C" NOT NULL REFERENCES users (id),
    created_at timestamptz(3) NOT NULL,

    PRIMARY KEY (message_id, emoji, user_id)
);

-- Who is named in which message, for counts of mentions. The whole channel is a flag of the message instead.
CREATE TABLE mentions (
    user_id    text COLLATE "C" NOT NULL REFERENCES users (id),
    channel_id text COLLATE "C" NOT NULL REFERENCES channels (id),
    seq        bigint NOT NULL,
    message_id text COLLATE "C" NOT NULL REFERENCES messages (id) ON DELETE CASCADE,

    PRIMARY KEY (user_id, channel_id, seq)
);

CREATE INDEX mentions_of_message ON mentions (message_id);

-- Changes about anything but a message's words keep their push as it was.
ALTER TABLE channel_events ADD COLUMN data jsonb;

-- read_seq is up to where a member has read; of the messages after it nothing is counted in advance. source says whether a
-- person or a rule (of the directory) made the membership: a rule takes back only its own.
ALTER TABLE channel_members
    ADD COLUMN read_seq       bigint NOT NULL DEFAULT 0,
    ADD COLUMN notify_level   text NOT NULL DEFAULT 'all' CHECK (notify_level IN ('all', 'mentions', 'none')),
    ADD COLUMN silenced_until timestamptz(3),
    ADD COLUMN source         text NOT NULL DEFAULT 'person' CHECK (source IN ('person', 'rule'));

ALTER TABLE channel_members SET (fillfactor = 80);

-- Who follows which thread, and up to where they have read it. A row with following false is somebody who muted it.
CREATE TABLE thread_follows (
    user_id   text COLLATE "C" NOT NULL REFERENCES users (id),
    root_id   text COLLATE "C" NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    following boolean NOT NULL DEFAULT true,
    read_seq  bigint NOT NULL DEFAULT 0,

    PRIMARY KEY (user_id, root_id)
);

CREATE INDEX thread_follows_of_root ON thread_follows (root_id);

ALTER TABLE channels
    ADD COLUMN archived_at       timestamptz(3),
    ADD COLUMN archived_by       text COLLATE "C",
    ADD COLUMN slow_mode_seconds integer NOT NULL DEFAULT 0 CHECK (slow_mode_seconds BETWEEN 0 AND 3600),
    ADD COLUMN avatar            text NOT NULL DEFAULT '',
    ADD COLUMN project_id        text COLLATE "C",
    ADD COLUMN department_id     text COLLATE "C";
