-- Every change of a channel, numbered without gaps: what a client that was away has to fetch. A change refers to its
-- message and is rebuilt from it when read, so that what is deleted there is gone here too. There is no foreign key: a
-- change whose message is gone makes its readers fetch the channel anew, and messages are deleted without searching here.
CREATE TABLE channel_events (
    channel_id text COLLATE "C" NOT NULL REFERENCES channels (id),
    event_seq  bigint NOT NULL,
    kind       text NOT NULL,
    message_id text COLLATE "C",
    created_at timestamptz(3) NOT NULL,

    PRIMARY KEY (channel_id, event_seq)
);
