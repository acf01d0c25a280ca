-- Who is in a channel. The two flags are copies that the foreign keys keep equal to their originals, so that the check
-- below holds whichever changes: a membership is made, a user becomes a client, or a channel becomes internal.
CREATE TABLE channel_members (
    channel_id       text COLLATE "C" NOT NULL,
    channel_internal boolean NOT NULL,
    user_id          text COLLATE "C" NOT NULL,
    user_internal    boolean NOT NULL,
    role             text NOT NULL DEFAULT 'member' CHECK (role IN ('owner', 'admin', 'member')),
    joined_at        timestamptz(3) NOT NULL DEFAULT now(),

    PRIMARY KEY (channel_id, user_id),
    FOREIGN KEY (channel_id, channel_internal) REFERENCES channels (id, is_internal) ON UPDATE CASCADE ON DELETE CASCADE,
    FOREIGN KEY (user_id, user_internal) REFERENCES users (id, is_internal) ON UPDATE CASCADE,
    CONSTRAINT channel_members_keep_clients_out CHECK (user_internal OR NOT channel_internal)
);

CREATE INDEX channel_members_of_user ON channel_members (user_id, channel_id);

-- A DM's members are the two of its pair, whatever was written: looked at when the transaction commits.
CREATE FUNCTION check_dm_members(dm text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM channels c
        WHERE c.id = dm AND c.channel_type = 'dm' AND ARRAY[c.dm_low, c.dm_high] IS DISTINCT FROM
            (SELECT array_agg(m.user_id ORDER BY m.user_id) FROM channel_members m WHERE m.channel_id = c.id)
    ) THEN
        RAISE EXCEPTION 'the members of DM % are not the two people of its pair', dm
            USING ERRCODE = 'check_violation', CONSTRAINT = 'channels_dm_members';
    END IF;
END $$;

CREATE FUNCTION channels_check_dm() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM check_dm_members(NEW.id);
    RETURN NULL;
END $$;

CREATE FUNCTION channel_members_check_dm() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM check_dm_members(OLD.channel_id);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM check_dm_members(NEW.channel_id);
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER channels_dm_members AFTER INSERT OR UPDATE OF channel_type, dm_low, dm_high ON channels
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION channels_check_dm();
CREATE CONSTRAINT TRIGGER channel_members_dm_members AFTER INSERT OR DELETE OR UPDATE OF channel_id, user_id ON channel_members
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION channel_members_check_dm();
