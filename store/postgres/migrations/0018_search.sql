-- What messages are searched by: a copy beside them, filled within a second by a worker, so that sending does not wait for
-- it. words holds the folded text as it is (A) and by the stems of the configured language (B), and what filters ask for as
-- words that no text can hold, so that one index answers a whole search.
CREATE TABLE message_search (
    message_id text COLLATE "C" PRIMARY KEY REFERENCES messages (id) ON DELETE CASCADE,
    channel_id text COLLATE "C" NOT NULL,
    created_at timestamptz(3) NOT NULL,
    body       text NOT NULL,
    words      tsvector NOT NULL
);

CREATE INDEX message_search_words ON message_search USING gin (words);
CREATE INDEX message_search_by_time ON message_search (created_at, message_id);
CREATE INDEX message_search_of_channel ON message_search (channel_id, created_at, message_id);

-- Up to where a channel's messages (seq) and its changes (event_seq) are in message_search.
CREATE TABLE search_progress (
    channel_id text COLLATE "C" PRIMARY KEY REFERENCES channels (id) ON DELETE CASCADE,
    seq        bigint NOT NULL,
    event_seq  bigint NOT NULL
);

-- Another language than this, and all is indexed anew.
ALTER TABLE meta ADD COLUMN search_language text;
