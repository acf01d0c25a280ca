-- The record of calls and of each seat's time in them. People are not foreign keys: a call goes on while the database is
-- away, and must be recorded when it is back, whoever took part.
CREATE TABLE calls (
    id             text COLLATE "C" PRIMARY KEY,
    channel_id     text COLLATE "C" NOT NULL REFERENCES channels (id),
    call_type      text NOT NULL,
    initiator_id   text COLLATE "C" NOT NULL,
    call_status    text NOT NULL,
    started_at     timestamptz(3) NOT NULL,
    ended_at       timestamptz(3),
    total_duration integer
);

CREATE INDEX calls_of_channel ON calls (channel_id, id);
CREATE INDEX calls_ongoing ON calls (id) WHERE call_status = 'ongoing';

CREATE TABLE call_participants (
    participant_id text COLLATE "C" PRIMARY KEY,
    call_id        text COLLATE "C" NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    user_id        text COLLATE "C" NOT NULL,
    joined_at      timestamptz(3) NOT NULL,
    left_at        timestamptz(3),
    duration       integer
);

CREATE INDEX call_participants_of_call ON call_participants (call_id);
