-- The role that a member has by a rule of the directory, beside the one that they have: people may give them another, which
-- stays until the rule says something else. Null for whom people added.
ALTER TABLE channel_members ADD COLUMN rule_role text;

UPDATE channel_members SET rule_role = CASE role WHEN 'owner' THEN 'member' ELSE role END WHERE source = 'rule';
