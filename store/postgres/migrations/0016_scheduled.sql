-- Messages to be sent later. The job of the kind "send scheduled" with the same key sends it. What was sent stays for a time,
-- so that a retry of its scheduling does not schedule it again.
CREATE TABLE scheduled_messages (
    id         text COLLATE "C" PRIMARY KEY,
    user_id    text COLLATE "C" NOT NULL REFERENCES users (id),
    client_id  text COLLATE "C" NOT NULL,
    outgoing   jsonb NOT NULL,
    send_at    timestamptz(3) NOT NULL,
    status     text NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'sending', 'sent', 'failed')),
    message_id text COLLATE "C",
    code       text,
    error      text,
    created_at timestamptz(3) NOT NULL DEFAULT date_trunc('milliseconds', clock_timestamp()),
    updated_at timestamptz(3) NOT NULL DEFAULT date_trunc('milliseconds', clock_timestamp()),

    UNIQUE (user_id, client_id)
);

CREATE INDEX scheduled_messages_open ON scheduled_messages (user_id, send_at) WHERE status <> 'sent';
