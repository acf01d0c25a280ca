package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/digierapro/parley/chat"
)

const directoryTimeout = 30 * time.Second // of one change of up to 10,000 users

// membersInPush is how many new members a push names, so that a whole company is no more for everyone to read than a hundred
// people; it counts all of them.
const membersInPush = 100

// ApplyDirectory writes a part of the directory and makes true what follows from it. All changes of the directory run one
// after the other; everything in one is set-based, since it may have ten thousand users.
func (s *ChatStore) ApplyDirectory(ctx context.Context, d chat.Directory, newID func() string) (outcome chat.DirectoryOutcome, err error) {
	ctx, cancel := context.WithTimeout(ctx, directoryTimeout)
	defer cancel()
	err = s.db.do(ctx, "apply the directory", func(ctx context.Context) error {
		return pgx.BeginFunc(ctx, s.db.pool, func(tx pgx.Tx) error {
			change := &directoryChange{tx: tx, newID: newID, by: d.By}
			for _, step := range []func(context.Context) error{
				change.lock,
				func(ctx context.Context) error { return change.writeUsers(ctx, d.Users) },
				func(ctx context.Context) error { return change.writeDepartments(ctx, d.Departments) },
				func(ctx context.Context) error { return change.writeProjects(ctx, d.Projects) },
				change.makeChannels,
				change.settle,
				change.log,
			} {
				if err := step(ctx); err != nil {
					return err
				}
			}
			outcome = change.outcome
			return nil
		})
	})
	return outcome, err
}

type directoryChange struct {
	tx       pgx.Tx
	newID    func() string
	by       string   // the service, for the audit log
	projects []string // that were there, and are something else now
	outcome  chat.DirectoryOutcome
}

func (d *directoryChange) lock(ctx context.Context) error { return lockDirectory(ctx, d.tx) }

// lockDirectory is held to the end of the transaction by all who change what the directory says, or draw a number of its. It is
// taken before any row.
func lockDirectory(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('parley directory'))`)
	return err
}

// entry is a user as JSON, for one statement to read them all.
type directoryEntry struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	Email      string `json:"email"`
	AvatarURL  string `json:"avatar_url"`
	Role       string `json:"role"`
	Department string `json:"department"`
	Internal   bool   `json:"is_internal"`
	Active     bool   `json:"is_active"`
}

const directoryRows = `jsonb_to_recordset($1) AS e (id text, name text, email text, avatar_url text, role text, department text,
	is_internal boolean, is_active boolean)`

// writeUsers takes those who turn into outsiders out of internal channels before the flag turns: the constraints of
// channel_members hold at every moment.
func (d *directoryChange) writeUsers(ctx context.Context, users []chat.DirectoryUser) error {
	if len(users) == 0 {
		return nil
	}
	entries := make([]directoryEntry, 0, len(users))
	for _, u := range users {
		entries = append(entries, directoryEntry{u.ID, u.Name, u.Email, u.AvatarURL, u.Role, u.Department, u.Internal, u.Active})
	}
	list, err := json.Marshal(entries)
	if err != nil {
		return fmt.Errorf("encode users: %w", err)
	}
	rows, err := d.tx.Query(ctx, `SELECT e.id, e.is_active FROM `+directoryRows+` LEFT JOIN users u ON u.id = e.id
		WHERE coalesce(u.is_active, true) <> e.is_active`, list)
	if err != nil {
		return err
	}
	var (
		userID string
		active bool
	)
	if _, err = pgx.ForEachRow(rows, []any{&userID, &active}, func() error {
		if active {
			d.outcome.Activated = append(d.outcome.Activated, userID)
		} else {
			d.outcome.Deactivated = append(d.outcome.Deactivated, userID)
		}
		return nil
	}); err != nil {
		return err
	}
	outsiders, err := d.outsiders(ctx, list)
	if err != nil {
		return err
	}
	if err := d.expel(ctx, outsiders); err != nil {
		return err
	}
	if err := d.logRanks(ctx, list); err != nil {
		return err
	}
	if err := d.upsertUsers(ctx, list); err != nil {
		return err
	}
	ids := make([]string, 0, len(users))
	for _, u := range users {
		ids = append(ids, u.ID)
	}
	return d.turn(ctx, ids, true)
}

// upsertUsers writes users down. Those who are described otherwise, deactivated or no longer, or look otherwise to others,
// have the number of this change, which is drawn under the lock that it holds until it is committed.
func (d *directoryChange) upsertUsers(ctx context.Context, list []byte) error {
	return d.tx.QueryRow(ctx, `WITH now AS (SELECT coalesce(max(directory_change), 0) + 1 AS change, `+nextPersonChange+` AS person FROM users), written AS (
			INSERT INTO users (id, name, email, avatar_url, role, department, is_internal, is_active, by_directory,
				directory_role, directory_internal, directory_change)
			SELECT id, name, email, avatar_url, role, department, is_internal, is_active, true, role, is_internal, now.change FROM now, `+directoryRows+`
			ON CONFLICT (id) DO UPDATE SET name = excluded.name, email = excluded.email, avatar_url = excluded.avatar_url, role = excluded.role,
				department = excluded.department, is_internal = excluded.is_internal, is_active = excluded.is_active, by_directory = true, updated_at = now(),
				directory_role = excluded.directory_role, directory_internal = excluded.directory_internal,
				directory_change = CASE WHEN (users.name, users.avatar_url, users.department, users.directory_role, users.directory_internal, users.is_active)
						IS DISTINCT FROM (excluded.name, excluded.avatar_url, excluded.department, excluded.directory_role, excluded.directory_internal, excluded.is_active)
					THEN excluded.directory_change ELSE users.directory_change END,
				person_change = CASE WHEN (users.name, users.avatar_url) <> (excluded.name, excluded.avatar_url)
					THEN (SELECT person FROM now) ELSE users.person_change END
			WHERE (users.name, users.email, users.avatar_url, users.role, users.department, users.is_internal, users.is_active, users.by_directory,
					users.directory_role, users.directory_internal)
				IS DISTINCT FROM (excluded.name, excluded.email, excluded.avatar_url, excluded.role, excluded.department, excluded.is_internal, excluded.is_active, true,
					excluded.directory_role, excluded.directory_internal)
			RETURNING directory_change, person_change)
		SELECT coalesce(bool_or(directory_change = now.change), false), coalesce(bool_or(person_change = now.person), false) FROM written, now`, list).
		Scan(&d.outcome.DescribedChanged, &d.outcome.PeopleChanged)
}

func (d *directoryChange) outsiders(ctx context.Context, list []byte) ([]string, error) {
	rows, err := d.tx.Query(ctx, `SELECT u.id FROM users u JOIN `+directoryRows+` ON e.id = u.id WHERE u.is_internal AND NOT e.is_internal`, list)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// expel takes users out of all internal channels, whoever put them there.
func (d *directoryChange) expel(ctx context.Context, userIDs []string) error {
	if len(userIDs) == 0 {
		return nil
	}
	if err := d.turn(ctx, userIDs, false); err != nil {
		return err
	}
	return d.remove(ctx, `m.user_id = ANY ($1) AND m.channel_internal AND NOT EXISTS (
		SELECT FROM channels c WHERE c.id = m.channel_id AND c.channel_type = 'dm')`, userIDs)
}

func (d *directoryChange) writeDepartments(ctx context.Context, departments []chat.DirectoryDepartment) error {
	b := &pgx.Batch{}
	for _, dep := range departments {
		b.Queue(`INSERT INTO departments (name, description, is_active) VALUES ($1, $2, $3)
			ON CONFLICT (name) DO UPDATE SET description = excluded.description, is_active = excluded.is_active, updated_at = now()`,
			dep.Name, dep.Description, dep.Active)
	}
	b.Queue(`INSERT INTO departments (name) SELECT DISTINCT department FROM users
		WHERE department <> '' AND is_internal AND is_active AND by_directory ON CONFLICT DO NOTHING`)
	return d.tx.SendBatch(ctx, b).Close()
}

func (d *directoryChange) writeProjects(ctx context.Context, projects []chat.DirectoryProject) error {
	b := &pgx.Batch{}
	for _, p := range projects {
		b.Queue(`INSERT INTO projects (id, name, description, url, status, is_finished) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (id) DO UPDATE SET name = excluded.name, description = excluded.description, url = excluded.url, status = excluded.status,
				is_finished = excluded.is_finished, updated_at = now()
			WHERE (projects.name, projects.description, projects.url, projects.status, projects.is_finished)
				IS DISTINCT FROM (excluded.name, excluded.description, excluded.url, excluded.status, excluded.is_finished)
			RETURNING xmax <> 0`, p.ID, p.Name, p.Description, p.URL, p.Status, p.Finished).Query(func(rows pgx.Rows) error {
			changed, err := pgx.CollectRows(rows, pgx.RowTo[bool])
			if err == nil && slices.Contains(changed, true) { // and not made just now
				d.projects = append(d.projects, p.ID)
			}
			return err
		})
		b.Queue(`DELETE FROM project_members WHERE project_id = $1 AND user_id <> ALL ($2)`, p.ID, slices.Concat(p.MemberIDs, p.ManagerIDs, []string{""}))
		b.Queue(`INSERT INTO project_members (project_id, user_id, is_manager)
			SELECT $1, id, bool_or(boss) FROM (SELECT unnest($2::text[]) AS id, false AS boss UNION ALL SELECT unnest($3::text[]), true) m GROUP BY id
			ON CONFLICT (project_id, user_id) DO UPDATE SET is_manager = excluded.is_manager`, p.ID, notNil(p.MemberIDs), notNil(p.ManagerIDs))
	}
	return d.tx.SendBatch(ctx, b).Close()
}

// makeChannels makes the channels of departments and projects that have none, and brings names and archives up to date.
func (d *directoryChange) makeChannels(ctx context.Context) error {
	missing := []struct{ list, insert string }{
		{`SELECT name FROM departments d WHERE is_active AND NOT EXISTS (SELECT FROM channels c WHERE c.department_id = d.name)`,
			`INSERT INTO channels (id, name, description, channel_type, is_private, is_internal, department_id, created_by)
			SELECT $1, name, description, 'department', false, true, name, 'directory' FROM departments WHERE name = $2`},
		{`SELECT id FROM projects p WHERE NOT is_finished AND NOT EXISTS (SELECT FROM channels c WHERE c.project_id = p.id)`,
			`INSERT INTO channels (id, name, description, channel_type, is_private, is_internal, project_id, created_by)
			SELECT $1, name, description, 'project', true, true, id, 'directory' FROM projects WHERE id = $2`},
	}
	for _, m := range missing {
		rows, err := d.tx.Query(ctx, m.list)
		if err != nil {
			return err
		}
		keys, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return err
		}
		b := &pgx.Batch{}
		for _, key := range keys {
			b.Queue(m.insert, d.newID(), key)
		}
		if err := d.tx.SendBatch(ctx, b).Close(); err != nil {
			return err
		}
	}
	_, err := d.tx.Exec(ctx, `INSERT INTO channel_departments (channel_id, department)
		SELECT id, department_id FROM channels WHERE department_id IS NOT NULL ON CONFLICT DO NOTHING`)
	if err != nil {
		return err
	}
	return d.updateChannels(ctx)
}

// updateChannels gives changed projects' and departments' channels their names, descriptions and archives, and tells what
// else their projects show.
func (d *directoryChange) updateChannels(ctx context.Context) error {
	rows, err := d.tx.Query(ctx, `UPDATE channels c SET name = w.name, description = w.description, is_archived = w.archived,
			archived_at = CASE WHEN w.archived THEN coalesce(c.archived_at, now()) END, updated_at = now()
		FROM (SELECT c.id, p.name, p.description, p.is_finished AS archived FROM channels c JOIN projects p ON p.id = c.project_id
			UNION ALL SELECT c.id, d.name, d.description, NOT d.is_active FROM channels c JOIN departments d ON d.name = c.department_id) w
		WHERE w.id = c.id AND ((c.name, c.description, c.is_archived) IS DISTINCT FROM (w.name, w.description, w.archived)
			OR c.project_id = ANY ($1)) RETURNING c.id`, notNil(d.projects))
	if err != nil {
		return err
	}
	changed, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, channelID := range changed {
		ch, err := readChannel(ctx, d.tx, channelID)
		if err != nil {
			return err
		}
		eventSeq, at, err := numberChange(ctx, d.tx, channelID)
		if err != nil {
			return err
		}
		push := chat.UpdatedPush(ch, eventSeq)
		if err := recordChange(ctx, d.tx, channelID, eventSeq, at, chat.EventChannelUpdated, "", push); err != nil {
			return err
		}
		d.of(ch).Updated = &push
	}
	return nil
}

// of is the outcome of a channel, made when it is new.
func (d *directoryChange) of(ch chat.Channel) *chat.ChannelOutcome {
	for i := range d.outcome.Channels {
		if c := &d.outcome.Channels[i]; c.Channel.ID == ch.ID {
			c.Channel = ch
			return c
		}
	}
	d.outcome.Channels = append(d.outcome.Channels, chat.ChannelOutcome{Channel: ch})
	return &d.outcome.Channels[len(d.outcome.Channels)-1]
}
