package chat

import (
	"context"
	"net/url"
	"unicode"
	"unicode/utf8"

	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/bus"
	"github.com/digierapro/parley/internal/fault"
	"github.com/digierapro/parley/internal/id"
)

// Bounds of one change of the directory.
const (
	maxDirectoryUsers   = 10_000
	maxDirectoryNouns   = 2_000 // departments, and projects
	maxDirectoryMembers = 500   // of a project
	maxDirectoryID      = 64
	maxDirectoryText    = 200
	MaxDirectoryBody    = 16 << 20
)

// UserEntry is a person as the CRM describes them.
type UserEntry struct {
	ID         string    `json:"id"`
	Name       string    `json:"name"`
	Email      string    `json:"email"`
	AvatarURL  string    `json:"avatarUrl"`
	Role       auth.Role `json:"role"` // user if not given
	Department string    `json:"department"`
	Internal   *bool     `json:"isInternal"` // true unless the role is client
	Active     *bool     `json:"isActive"`   // true if not given
}

// DepartmentEntry is a department as the CRM describes it.
type DepartmentEntry struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Active      *bool  `json:"isActive"`
}

// ProjectEntry is a project as the CRM describes it.
type ProjectEntry struct {
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	Description string   `json:"description"`
	URL         string   `json:"url"` // where the CRM shows it
	Status      string   `json:"status"`
	Finished    bool     `json:"isFinished"`
	MemberIDs   []string `json:"memberIds"`
	ManagerIDs  []string `json:"managerIds"`
}

// DirectoryRequest is a part of the CRM's directory: what it names is made so, what it does not name stays.
type DirectoryRequest struct {
	Users       []UserEntry       `json:"users"`
	Departments []DepartmentEntry `json:"departments"`
	Projects    []ProjectEntry    `json:"projects"`
}

// DirectoryAnswer counts what followed.
type DirectoryAnswer struct {
	Users       int `json:"users"`
	Departments int `json:"departments"`
	Projects    int `json:"projects"`
	Added       int `json:"membersAdded"`
	Removed     int `json:"membersRemoved"`
}

// ApplyDirectory takes a part of the CRM's directory. It is for services only; doing it again changes nothing.
func (s *Service) ApplyDirectory(ctx context.Context, who auth.Identity, r DirectoryRequest) (DirectoryAnswer, error) {
	if who.Role != auth.RoleService {
		return DirectoryAnswer{}, fault.New(fault.Forbidden, "service_only", "The directory is for the CRM's own service token.")
	}
	d, err := r.checked()
	if err != nil {
		return DirectoryAnswer{}, err
	}
	d.By = who.UserID
	outcome, err := s.store.ApplyDirectory(ctx, d, id.New)
	if err != nil {
		return DirectoryAnswer{}, err
	}
	answer := DirectoryAnswer{Users: len(d.Users), Departments: len(d.Departments), Projects: len(d.Projects)}
	if outcome.DescribedChanged || outcome.PeopleChanged {
		s.tellSaid(ctx)
	}
	for _, userID := range outcome.Deactivated {
		s.publish(ctx, bus.Directory(), EventUserDeactivated, UserStanding{UserID: userID})
		s.publish(ctx, bus.User(userID), EventUserDeactivated, UserStanding{UserID: userID})
	}
	for _, userID := range outcome.Activated {
		s.publish(ctx, bus.Directory(), EventUserActivated, UserStanding{UserID: userID, Active: true})
	}
	s.tellTurned(ctx, outcome.Turned)
	for _, c := range outcome.Channels {
		s.tellOutcome(ctx, c)
		answer.Added += len(c.Added)
		answer.Removed += len(c.Removed)
	}
	return answer, nil
}

// ErrNoProject is the answer about a project that the directory does not have.
var ErrNoProject = fault.New(fault.NotFound, "project_not_found", "There is no such project in the directory.")

// Deactivate deactivates a user who is known.
func (s *Service) Deactivate(ctx context.Context, who auth.Identity, userID string) (DirectoryAnswer, error) {
	if !directoryID(userID) {
		return DirectoryAnswer{}, ErrNoUser
	}
	u, err := s.store.User(ctx, userID)
	if err != nil {
		return DirectoryAnswer{}, err
	}
	gone := false
	return s.ApplyDirectory(ctx, who, DirectoryRequest{Users: []UserEntry{{
		ID: u.ID, Name: u.Name, Email: u.Email, AvatarURL: u.AvatarURL, Role: auth.Role(u.Role), Department: u.Department,
		Internal: &u.Internal, Active: &gone,
	}}})
}

// FinishProject archives a project's channel.
func (s *Service) FinishProject(ctx context.Context, who auth.Identity, projectID string) (DirectoryAnswer, error) {
	if !directoryID(projectID) {
		return DirectoryAnswer{}, ErrNoProject
	}
	p, err := s.store.Project(ctx, projectID)
	if err != nil {
		return DirectoryAnswer{}, err
	}
	return s.ApplyDirectory(ctx, who, DirectoryRequest{Projects: []ProjectEntry{{
		ID: p.ID, Name: p.Name, Description: p.Description, URL: p.URL, Status: p.Status, Finished: true,
		MemberIDs: p.MemberIDs, ManagerIDs: p.ManagerIDs,
	}}})
}

func (s *Service) tellTurned(ctx context.Context, turned []ChannelTurned) {
	for _, push := range turned {
		s.publish(ctx, bus.Channel(push.ChannelID), EventChannelTurned, push)
	}
}

func (s *Service) tellOutcome(ctx context.Context, c ChannelOutcome) {
	for _, userID := range c.Removed {
		s.publish(ctx, bus.User(userID), EventChannelRemoved, ChannelRemoved{ChannelID: c.Channel.ID})
	}
	for _, push := range c.RemovedPush {
		s.publish(ctx, bus.Channel(c.Channel.ID), EventMemberRemoved, push)
	}
	for _, push := range c.RolesPush {
		s.publish(ctx, bus.Channel(c.Channel.ID), EventMemberUpdated, push)
	}
	for _, m := range c.Added {
		s.publish(ctx, bus.User(m.UserID), EventChannelAdded, ChannelAdded{Channel: c.Channel})
	}
	if c.AddedPush != nil {
		s.publish(ctx, bus.Channel(c.Channel.ID), EventMembersAdded, c.AddedPush)
	}
	if c.Updated != nil {
		s.publish(ctx, bus.Channel(c.Channel.ID), EventChannelUpdated, c.Updated)
	}
}

func (r DirectoryRequest) checked() (d Directory, err error) {
	if len(r.Users) > maxDirectoryUsers || len(r.Departments) > maxDirectoryNouns || len(r.Projects) > maxDirectoryNouns {
		return d, fault.Newf(fault.TooLarge, "directory_too_large", "One request has at most %d users, %d departments and %d projects.",
			maxDirectoryUsers, maxDirectoryNouns, maxDirectoryNouns)
	}
	seen := make(map[string]bool, len(r.Users))
	for _, u := range r.Users {
		checked, err := u.checked()
		if err != nil {
			return d, err
		}
		if seen[u.ID] {
			return d, badEntry("users", u.ID, "is named twice")
		}
		seen[u.ID] = true
		d.Users = append(d.Users, checked)
	}
	for _, dep := range r.Departments {
		if !directoryID(dep.Name) || !directoryText(dep.Description) {
			return d, badEntry("departments", dep.Name, "needs a name of 1 to 64 printable characters")
		}
		d.Departments = append(d.Departments, DirectoryDepartment{Name: dep.Name, Description: dep.Description, Active: dep.Active == nil || *dep.Active})
	}
	for _, p := range r.Projects {
		checked, err := p.checked()
		if err != nil {
			return d, err
		}
		d.Projects = append(d.Projects, checked)
	}
	return d, nil
}

func (u UserEntry) checked() (DirectoryUser, error) {
	if u.Role == "" {
		u.Role = auth.RoleUser
	}
	internal := u.Role != auth.RoleClient && (u.Internal == nil || *u.Internal)
	switch {
	case !directoryID(u.ID):
		return DirectoryUser{}, badEntry("users", u.ID, "needs an id of 1 to 64 printable characters")
	case !u.Role.Valid():
		return DirectoryUser{}, badEntry("users", u.ID, "has a role that is not admin, manager, user or client")
	case !visible(u.Name) || utf8.RuneCountInString(u.Name) > 100 || !storable(u.Name):
		return DirectoryUser{}, badEntry("users", u.ID, "needs a name of 1 to 100 characters")
	case u.Department != "" && !directoryID(u.Department):
		return DirectoryUser{}, badEntry("users", u.ID, "has a department that is not 1 to 64 printable characters")
	case !directoryText(u.Email) || (u.AvatarURL != "" && !webAddress(u.AvatarURL)):
		return DirectoryUser{}, badEntry("users", u.ID, "has an e-mail address or a picture that is none")
	}
	return DirectoryUser{Active: u.Active == nil || *u.Active, User: User{
		ID: u.ID, Name: u.Name, Email: u.Email, AvatarURL: u.AvatarURL, Role: string(u.Role), Department: u.Department, Internal: internal,
	}}, nil
}

func (p ProjectEntry) checked() (DirectoryProject, error) {
	switch {
	case !directoryID(p.ID):
		return DirectoryProject{}, badEntry("projects", p.ID, "needs an id of 1 to 64 printable characters")
	case p.URL != "" && !webAddress(p.URL):
		return DirectoryProject{}, badEntry("projects", p.ID, "has a url that is no http or https address")
	case !directoryText(p.Description) || !directoryText(p.Status):
		return DirectoryProject{}, badEntry("projects", p.ID, "has a description or a status of over 200 characters")
	case len(p.MemberIDs)+len(p.ManagerIDs) > maxDirectoryMembers:
		return DirectoryProject{}, badEntry("projects", p.ID, "has over 500 members")
	}
	name, err := checkedName(p.Name)
	if err != nil {
		return DirectoryProject{}, badEntry("projects", p.ID, "needs a name of 1 to 100 characters")
	}
	for _, userID := range append(append([]string{}, p.MemberIDs...), p.ManagerIDs...) {
		if !directoryID(userID) {
			return DirectoryProject{}, badEntry("projects", p.ID, "names a member by something that is no id")
		}
	}
	return DirectoryProject{
		ID: p.ID, Name: name, Description: p.Description, URL: p.URL, Status: p.Status, Finished: p.Finished,
		MemberIDs: p.MemberIDs, ManagerIDs: p.ManagerIDs,
	}, nil
}

func badEntry(list, entry, what string) error {
	return fault.Newf(fault.Invalid, "bad_request", "In %s, %.64q %s.", list, entry, what).With("field", list).With("id", firstRunes(entry, maxDirectoryID))
}

// directoryID tells whether a text can be an id of the CRM's: 1 to 64 printable characters.
func directoryID(s string) bool {
	if s == "" || len(s) > maxDirectoryID || !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}

func directoryText(s string) bool {
	return utf8.RuneCountInString(s) <= maxDirectoryText && storable(s)
}

func webAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && len(s) <= maxAvatarURL
}

// Barred tells whether a user was deactivated.
func (s *Service) Barred(userID string) bool {
	s.barred.mu.RLock()
	defer s.barred.mu.RUnlock()
	_, yes := s.barred.users[userID]
	return yes
}
