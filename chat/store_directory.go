package chat

import (
	"context"

	"github.com/digierapro/parley/internal/auth"
)

// DirectoryStore is the part of a Store that keeps the CRM's directory, and the memberships that follow from it.
type DirectoryStore interface {
	// ApplyDirectory writes users, departments and projects in one transaction, and makes true what follows: every active
	// internal user is in the general channel and in those of their department; a project's members are in its channel;
	// departments and projects have theirs; who is deactivated is in none but direct messages; what is finished is archived.
	// Memberships that people made stay. MaxMembers is for those: the directory's own have no limit. A repetition changes nothing.
	ApplyDirectory(ctx context.Context, d Directory, newID func() string) (DirectoryOutcome, error)
	// Project returns a project with its members, or ErrNoProject.
	Project(ctx context.Context, projectID string) (DirectoryProject, error)
	// DescribedAfter gives what the directory says that people are, and who is deactivated, of those of whom it says something else
	// since a change; 0 gives all whom it knows. Changes are numbered in the order in which others see them.
	DescribedAfter(ctx context.Context, after int64) ([]Described, error)
	// ChangedPeople gives those who look otherwise to others since a change, by the directory or by a token: at most limit, and
	// whether there are more. Their changes are numbered as those of Described are. It is about people who were known before.
	ChangedPeople(ctx context.Context, after int64, limit int) (people []ChangedPerson, more bool, err error)
	// LastPersonChange is the last such change; 0 when there was none.
	LastPersonChange(ctx context.Context) (int64, error)
}

// Described is what the directory says that somebody is, by its latest change of it.
type Described struct {
	UserID string
	Change int64
	Description

	Inactive bool // deactivated
}

// Description is how the directory describes somebody.
type Description struct {
	Name       string
	AvatarURL  string
	Department string
	Rank       auth.Rank
}

// Directory is a part of the CRM's directory, checked.
type Directory struct {
	By          string // the service, for the audit log, in which what changes something stands
	Users       []DirectoryUser
	Departments []DirectoryDepartment
	Projects    []DirectoryProject
}

// DirectoryUser is a person. Without Active they are deactivated.
type DirectoryUser struct {
	User
	Active bool
}

// DirectoryDepartment is a department. Without Active its channel is archived.
type DirectoryDepartment struct {
	Name        string
	Description string
	Active      bool
}

// DirectoryProject is a project and whom it is assigned to.
type DirectoryProject struct {
	ID          string
	Name        string
	Description string
	URL         string
	Status      string
	Finished    bool
	MemberIDs   []string
	ManagerIDs  []string // of the members: the moderators of its channel
}

// DirectoryOutcome is what followed.
type DirectoryOutcome struct {
	Channels         []ChannelOutcome
	Deactivated      []string // users who were active before
	Activated        []string // users who were not
	DescribedChanged bool     // there are Described after those of before

	PeopleChanged bool // and ChangedPeople

	Turned []ChannelTurned // direct messages
}

// ChannelOutcome is what became of a channel's members and settings; each part has a number of its own.
type ChannelOutcome struct {
	Channel Channel
	Added   []Member // all of them; the push has the first of them
	Removed []string

	AddedPush   *MembersAdded
	RemovedPush []MemberRemoved
	RolesPush   []MemberUpdated
	Updated     *ChannelUpdated
}
