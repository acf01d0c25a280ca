-- The key of the picture that a message's preview shows, among the blobs. Whoever takes it out of here makes the job that
-- removes the blob, in the same transaction; the constraint finds who takes only the preview.
ALTER TABLE messages
    ADD COLUMN preview_picture text COLLATE "C",
    ADD CONSTRAINT messages_picture_has_preview CHECK (preview_picture IS NULL OR link_preview IS NOT NULL) NOT VALID;
