-- The company's directory as the CRM keeps it, and what follows from it: who is in which channel by a rule.
ALTER TABLE users
    ADD COLUMN is_active    boolean NOT NULL DEFAULT true,
    ADD COLUMN by_directory boolean NOT NULL DEFAULT false; -- the directory describes them, and no token of theirs changes it

CREATE INDEX users_inactive ON users (id) WHERE NOT is_active;
CREATE INDEX users_of_department ON users (department) WHERE department <> '';

CREATE TABLE departments (
    name        text COLLATE "C" PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 64),
    description text NOT NULL DEFAULT '',
    is_active   boolean NOT NULL DEFAULT true,
    updated_at  timestamptz(3) NOT NULL DEFAULT now()
);

CREATE TABLE projects (
    id          text COLLATE "C" PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 64),
    name        text NOT NULL,
    description text NOT NULL DEFAULT '',
    url         text NOT NULL DEFAULT '',
    status      text NOT NULL DEFAULT '',
    is_finished boolean NOT NULL DEFAULT false,
    updated_at  timestamptz(3) NOT NULL DEFAULT now()
);

-- Whom a project is assigned to. They may not be known yet.
CREATE TABLE project_members (
    project_id text COLLATE "C" NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    user_id    text COLLATE "C" NOT NULL,
    is_manager boolean NOT NULL DEFAULT false,

    PRIMARY KEY (project_id, user_id)
);

CREATE INDEX project_members_of_user ON project_members (user_id);

CREATE UNIQUE INDEX channels_one_a_project ON channels (project_id) WHERE project_id IS NOT NULL;
CREATE UNIQUE INDEX channels_one_a_department ON channels (department_id) WHERE department_id IS NOT NULL;

-- Whose people are in a channel: one department's for its own channel, several for one across departments.
CREATE TABLE channel_departments (
    channel_id text COLLATE "C" NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
    department text COLLATE "C" NOT NULL,

    PRIMARY KEY (channel_id, department)
);

CREATE INDEX channel_departments_of ON channel_departments (department);
