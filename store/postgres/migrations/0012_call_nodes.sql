-- Which node holds a call: the number of its advisory lock, which is free when the node has died. NULL: of a version that
-- did not say.
ALTER TABLE calls ADD COLUMN node bigint;
