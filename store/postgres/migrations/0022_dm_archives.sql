-- Each person of a direct message archives it for themselves: up to which message they have; the next one brings it back.
-- Until now either of them archived it for both.
ALTER TABLE channel_members ADD COLUMN archived_seq bigint;

UPDATE channel_members m SET archived_seq = c.last_seq FROM channels c
WHERE c.id = m.channel_id AND c.channel_type = 'dm' AND c.is_archived;

UPDATE channels SET is_archived = false, archived_at = NULL, archived_by = NULL WHERE channel_type = 'dm' AND is_archived;
