-- What others see of a person, their name and picture, is told as it changes. Changes have numbers in the order of their
-- commits, as those of ranks have; 0 is for whom nothing has changed since they came.
ALTER TABLE users ADD COLUMN person_change bigint NOT NULL DEFAULT 0;

CREATE INDEX users_person_changes ON users (person_change) WHERE person_change > 0;
