-- seq is a message's place in its channel, without gaps.
CREATE TABLE messages (
    id           text COLLATE "C" PRIMARY KEY,
    channel_id   text COLLATE "C" NOT NULL REFERENCES channels (id),
    seq          bigint NOT NULL,
    sender_id    text COLLATE "C" NOT NULL REFERENCES users (id),
    sender_model text NOT NULL,
    client_id    text COLLATE "C" NOT NULL,
    body         text NOT NULL,
    message_type text NOT NULL,
    created_at   timestamptz(3) NOT NULL,

    UNIQUE (channel_id, seq)
);

-- What makes a repeated send harmless. It refers to no message, so that it outlives a deleted one: a repetition must not
-- bring it back.
CREATE TABLE message_dedup (
    sender_id  text COLLATE "C" NOT NULL,
    client_id  text COLLATE "C" NOT NULL CHECK (length(client_id) BETWEEN 1 AND 128),
    channel_id text COLLATE "C" NOT NULL,
    seq        bigint NOT NULL,
    event_seq  bigint NOT NULL,
    message_id text COLLATE "C" NOT NULL,
    body_hash  bytea NOT NULL,
    created_at timestamptz(3) NOT NULL,

    PRIMARY KEY (sender_id, client_id)
);
