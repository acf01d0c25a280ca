-- What a user keeps for themselves.
CREATE TABLE drafts (
    user_id    text COLLATE "C" NOT NULL REFERENCES users (id),
    channel_id text COLLATE "C" NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
    parent_id  text COLLATE "C" NOT NULL DEFAULT '', -- of a thread; empty for the channel itself
    body       text NOT NULL,
    updated_at timestamptz(3) NOT NULL,

    PRIMARY KEY (user_id, channel_id, parent_id)
);

CREATE TABLE saved_messages (
    user_id    text COLLATE "C" NOT NULL REFERENCES users (id),
    message_id text COLLATE "C" NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    saved_at   timestamptz(3) NOT NULL,

    PRIMARY KEY (user_id, message_id)
);

CREATE INDEX saved_messages_by_time ON saved_messages (user_id, saved_at);
