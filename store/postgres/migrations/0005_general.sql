-- The one channel of everybody at the company. Its id has the form of all others: the second it was made, then chance.
INSERT INTO channels (id, name, description, channel_type, is_private, is_internal, created_by)
VALUES (
    lpad(to_hex(extract(epoch FROM now())::bigint), 8, '0') || substr(md5(gen_random_uuid()::text), 1, 16),
    'General', 'Everyone at the company.', 'general', false, true, 'system'
);
