-- People as their token described them when they last connected. Their ids are the CRM's own; "C" makes their order that
-- of their bytes, as Go compares them.
CREATE TABLE users (
    id          text COLLATE "C" PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 64),
    name        text NOT NULL,
    email       text NOT NULL,
    avatar_url  text NOT NULL,
    role        text NOT NULL,
    department  text NOT NULL,
    is_internal boolean NOT NULL,
    created_at  timestamptz(3) NOT NULL DEFAULT now(),
    updated_at  timestamptz(3) NOT NULL DEFAULT now(),

    -- What channel_members refers to, so that it can hold clients out of internal channels.
    UNIQUE (id, is_internal)
);
