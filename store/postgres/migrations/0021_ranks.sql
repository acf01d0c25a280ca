-- What the directory says that people are, apart from what stands above: a token may lower that, and says nothing of what
-- another token of the same person may do. Changes have numbers in the order of their commits, so that whoever knows all up
-- to one asks for those after it. All three are null for whom the directory does not know.
ALTER TABLE users
    ADD COLUMN directory_role     text,
    ADD COLUMN directory_internal boolean,
    ADD COLUMN directory_change   bigint;

UPDATE users SET directory_role = role, directory_internal = is_internal, directory_change = 1 WHERE by_directory;

CREATE INDEX users_directory_changes ON users (directory_change) WHERE directory_change IS NOT NULL;
