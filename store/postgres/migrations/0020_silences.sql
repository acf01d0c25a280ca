-- Silences of those who are not in a channel at the moment: nobody is heard again by leaving and entering.
CREATE TABLE silences (
    channel_id text COLLATE "C" NOT NULL,
    user_id    text COLLATE "C" NOT NULL,
    until      timestamptz(3) NOT NULL,

    PRIMARY KEY (channel_id, user_id)
);

CREATE FUNCTION keep_silence() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO silences (channel_id, user_id, until) VALUES (OLD.channel_id, OLD.user_id, OLD.silenced_until)
        ON CONFLICT (channel_id, user_id) DO UPDATE SET until = excluded.until;
    RETURN NULL;
END $$;

CREATE FUNCTION resume_silence() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    kept timestamptz(3);
BEGIN
    DELETE FROM silences WHERE channel_id = NEW.channel_id AND user_id = NEW.user_id RETURNING until INTO kept;
    IF kept > now() THEN
        NEW.silenced_until = kept;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER channel_members_keep_silence AFTER DELETE ON channel_members
    FOR EACH ROW WHEN (OLD.silenced_until > now()) EXECUTE FUNCTION keep_silence();
CREATE TRIGGER channel_members_resume_silence BEFORE INSERT ON channel_members
    FOR EACH ROW EXECUTE FUNCTION resume_silence();
