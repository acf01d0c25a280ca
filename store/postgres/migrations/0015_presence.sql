-- What a user says of themselves, and when they were last here. Who is online is not kept: it is known while it is true.
CREATE TABLE presence (
    user_id        text COLLATE "C" PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    chosen         text NOT NULL DEFAULT '' CHECK (chosen IN ('', 'away', 'dnd', 'offline')),
    custom_status  text NOT NULL DEFAULT '',
    expires_at     timestamptz(3),
    hide_last_seen boolean NOT NULL DEFAULT false,
    hide_typing    boolean NOT NULL DEFAULT false,
    last_seen_at   timestamptz(3)
);
