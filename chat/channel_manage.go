package chat

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/bus"
	"github.com/digierapro/parley/internal/fault"
	"github.com/digierapro/parley/internal/id"
)

// Bounds of a channel.
const (
	MaxMembers     = 500 // that people make it have; everybody of a department, or of the company, is in theirs by rule
	maxChannelName = 100
	maxDescription = 500
	maxAvatarURL   = 2048
	maxSlowMode    = 3600 // seconds
)

// Refusals about channels.
var (
	ErrDMIsKept      = fault.New(fault.Forbidden, "dm_is_kept", "A direct message can be archived, but nothing else about it can be changed.")
	ErrGeneralIsKept = fault.New(fault.Forbidden, "general_is_kept", "Everyone at the company is in this channel, and it stays.")
)

// CreateChannelRequest asks for a channel that a person makes. Channels of the CRM's projects and departments are made from
// its directory instead.
type CreateChannelRequest struct {
	Type        ChannelType `json:"channelType"` // project or department
	Name        string      `json:"name"`
	Description string      `json:"description"`
	Private     bool        `json:"is_private"`
	Internal    *bool       `json:"isInternal"` // true if not given
	ReadOnly    bool        `json:"isReadOnly"`
	MemberIDs   []string    `json:"memberIds"`
	Departments []string    `json:"departments"` // of a channel across departments: their people are in it by rule
}

// CreateChannel makes a channel, of which its maker is the owner. Clients make none; one that clients may be in is for
// managers and admins to make.
func (s *Service) CreateChannel(ctx context.Context, who auth.Identity, r CreateChannelRequest) (Channel, error) {
	if !who.Internal {
		return Channel{}, fault.New(fault.Forbidden, "not_allowed", "Only people of the company make channels.")
	}
	if r.Type != Project && r.Type != Department {
		return Channel{}, fault.New(fault.Invalid, "bad_request", "channelType is project or department; a direct message has its participants.").With("field", "channelType")
	}
	internal := r.Internal == nil || *r.Internal
	if !internal && who.Role != auth.RoleAdmin && who.Role != auth.RoleManager {
		return Channel{}, fault.New(fault.Forbidden, "not_allowed", "Only managers and admins make channels that clients may be in.")
	}
	name, err := checkedName(r.Name)
	if err != nil {
		return Channel{}, err
	}
	description, err := checkedDescription(r.Description)
	if err != nil {
		return Channel{}, err
	}
	if err := s.filteredNames(ctx, r.Type, &name, &description); err != nil {
		return Channel{}, err
	}
	if len(r.MemberIDs) >= MaxMembers {
		return Channel{}, ErrTooManyMembers
	}
	if err := r.mayCross(who); err != nil {
		return Channel{}, err
	}
	ch, err := s.store.CreateChannel(ctx, NewChannel{
		ID: id.New(), Name: name, Description: description, Type: r.Type, Private: r.Private, Internal: internal, ReadOnly: r.ReadOnly,
		OwnerID: who.UserID, MemberIDs: r.MemberIDs, Departments: r.Departments,
	})
	if err != nil {
		return Channel{}, err
	}
	members, err := s.store.MemberIDs(ctx, ch.ID, MaxMembers)
	if err != nil {
		return Channel{}, err
	}
	for _, userID := range members {
		s.publish(ctx, bus.User(userID), EventChannelAdded, ChannelAdded{Channel: ch})
	}
	if len(r.Departments) > 0 {
		outcome, err := s.store.ApplyDirectory(ctx, Directory{By: who.UserID}, id.New)
		if err != nil {
			return Channel{}, err
		}
		for _, c := range outcome.Channels { // others too: what was waiting for a change of the directory is made true now
			s.tellOutcome(ctx, c)
		}
	}
	return s.Channel(ctx, who, ch.ID)
}

const maxDepartments = 50 // whose people are in one channel

// mayCross checks whose people shall be in a channel by rule: a manager's or an admin's to say.
func (r CreateChannelRequest) mayCross(who auth.Identity) error {
	if len(r.Departments) == 0 {
		return nil
	}
	if r.Type != Department || len(r.Departments) > maxDepartments || slices.ContainsFunc(r.Departments, func(d string) bool { return !directoryID(d) }) {
		return fault.Newf(fault.Invalid, "bad_request", "departments are 1 to %d names, of a channel of the type department.", maxDepartments).With("field", "departments")
	}
	if who.Role != auth.RoleAdmin && who.Role != auth.RoleManager {
		return fault.New(fault.Forbidden, "not_allowed", "Only managers and admins make channels across departments.")
	}
	return nil
}

func checkedName(name string) (string, error) {
	name = strings.Join(strings.Fields(name), " ")
	if n := utf8.RuneCountInString(name); n > maxChannelName || !storable(name) || !visible(name) {
		return "", fault.Newf(fault.Invalid, "bad_request", "A channel's name is 1 to %d characters.", maxChannelName).With("field", "name")
	}
	return name, nil
}

func checkedDescription(text string) (string, error) {
	text = strings.TrimSpace(text)
	if utf8.RuneCountInString(text) > maxDescription || !storable(text) {
		return "", fault.Newf(fault.Invalid, "bad_request", "A channel's description is at most %d characters.", maxDescription).With("field", "description")
	}
	return text, nil
}

// UpdateChannel changes a channel's name, description, picture and settings, as its owner or admin. Either person of a DM
// archives and restores it for themselves.
func (s *Service) UpdateChannel(ctx context.Context, who auth.Identity, c ChannelChange) (Channel, error) {
	if err := c.check(); err != nil {
		return Channel{}, err
	}
	ch, member, err := s.accessAs(ctx, who, Read, c.ChannelID)
	if err != nil {
		return Channel{}, err
	}
	if ch.Type == DM {
		return s.archiveDM(ctx, who, c)
	}
	if err := Can(s.actor(who, member), Manage, ch); err != nil {
		return Channel{}, err
	}
	if ch.Type == General && (c.Archived != nil || (c.Private != nil && *c.Private)) {
		return Channel{}, ErrGeneralIsKept
	}
	if err := s.filteredNames(ctx, ch.Type, c.Name, c.Description); err != nil {
		return Channel{}, err
	}
	c.ActorID = who.UserID
	entry := AuditEntry{ActorID: who.UserID, Action: AuditChannelUpdated, ChannelID: ch.ID, Details: map[string]any{"set": c.named()}}
	after, eventSeq, err := s.store.UpdateChannel(Audited(ctx, entry), c)
	if err != nil {
		return Channel{}, err
	}
	if eventSeq > 0 {
		s.publish(ctx, bus.Channel(ch.ID), EventChannelUpdated, UpdatedPush(after, eventSeq))
		s.noteChange(ctx, who, ch, after)
	}
	return s.Channel(ctx, who, ch.ID)
}

// archiveDM puts a DM away for the user alone, or brings it back, on all their devices.
func (s *Service) archiveDM(ctx context.Context, who auth.Identity, c ChannelChange) (Channel, error) {
	on := c.onlyArchived()
	if on == nil {
		return Channel{}, ErrDMIsKept
	}
	changed, err := s.store.ArchiveDM(ctx, c.ChannelID, who.UserID, *on)
	if err != nil {
		return Channel{}, err
	}
	ch, err := s.Channel(ctx, who, c.ChannelID)
	if err != nil || !changed {
		return ch, err
	}
	if !*on { // a device that began meanwhile does not know it
		s.publish(ctx, bus.User(who.UserID), EventChannelAdded, ChannelAdded{Channel: ch})
	}
	s.publishState(ctx, bus.User(who.UserID), EventChannelRead, ch.ID, ChannelRead{ChannelID: ch.ID, Standing: *ch.Me})
	return ch, nil
}

// onlyArchived is the change's Archived when it changes nothing else.
func (c ChannelChange) onlyArchived() *bool {
	if c.Name != nil || c.Description != nil || c.Avatar != nil || c.Private != nil || c.ReadOnly != nil || c.SlowMode != nil {
		return nil
	}
	return c.Archived
}

// named are the settings that a change is about, for the log.
func (c ChannelChange) named() map[string]any {
	set := make(map[string]any)
	note := func(name string, given bool, value any) {
		if given {
			set[name] = value
		}
	}
	note("name", c.Name != nil, c.Name)
	note("description", c.Description != nil, c.Description)
	note("avatar", c.Avatar != nil, c.Avatar)
	note("is_private", c.Private != nil, c.Private)
	note("isReadOnly", c.ReadOnly != nil, c.ReadOnly)
	note("isArchived", c.Archived != nil, c.Archived)
	note("slowModeSeconds", c.SlowMode != nil, c.SlowMode)
	return set
}

// check puts a change's texts in their form.
func (c *ChannelChange) check() (err error) {
	if c.Name != nil {
		if *c.Name, err = checkedName(*c.Name); err != nil {
			return err
		}
	}
	if c.Description != nil {
		if *c.Description, err = checkedDescription(*c.Description); err != nil {
			return err
		}
	}
	if c.Avatar != nil && *c.Avatar != "" {
		u, err := url.Parse(*c.Avatar)
		if err != nil || u.Scheme != "https" || u.Host == "" || len(*c.Avatar) > maxAvatarURL {
			return fault.New(fault.Invalid, "bad_request", "A channel's picture is an https URL.").With("field", "avatar")
		}
	}
	if c.SlowMode != nil && (*c.SlowMode < 0 || *c.SlowMode > maxSlowMode) {
		return fault.Newf(fault.Invalid, "bad_request", "Slow mode is 0 to %d seconds.", maxSlowMode).With("field", "slowModeSeconds")
	}
	return nil
}

// noteChange writes down in the channel what was done to it.
func (s *Service) noteChange(ctx context.Context, who auth.Identity, before, after Channel) {
	if before.Name != after.Name {
		s.note(ctx, who, after.ID, who.Name+" renamed the channel to "+after.Name+".", SystemNote{Kind: NoteRenamed, ActorID: who.UserID, Value: after.Name})
	}
	if before.ReadOnly != after.ReadOnly {
		kind, text := NoteWritable, " let everyone write here again."
		if after.ReadOnly {
			kind, text = NoteReadOnly, " made the channel read-only."
		}
		s.note(ctx, who, after.ID, who.Name+text, SystemNote{Kind: kind, ActorID: who.UserID})
	}
	if before.Archived != after.Archived {
		kind, text := NoteRestored, " restored the channel."
		if after.Archived {
			kind, text = NoteArchived, " archived the channel."
		}
		s.note(ctx, who, after.ID, who.Name+text, SystemNote{Kind: kind, ActorID: who.UserID})
	}
}

// note writes a system message. What it tells of has happened, so a failure here is only logged.
func (s *Service) note(ctx context.Context, who auth.Identity, channelID, text string, note SystemNote) {
	_, err := s.write(context.WithoutCancel(ctx), Draft{
		ID: id.New(), ChannelID: channelID, ClientID: "system-" + id.New(), Body: text, Type: System, System: &note,
		Sender: Person{ID: who.UserID, Name: who.Name, AvatarURL: who.AvatarURL}, SenderModel: senderModel(who),
	}, nil)
	if err != nil {
		s.log.Warn("system message not written", "channel", channelID, "kind", note.Kind, "error", err)
	}
}

// maxOpen bounds the list of channels that one may join.
const maxOpen = 100

// OpenChannels lists channels that the user may join.
func (s *Service) OpenChannels(ctx context.Context, who auth.Identity, search string) ([]Channel, error) {
	if !who.Internal || !storable(search) {
		return []Channel{}, nil
	}
	return s.store.OpenChannels(ctx, who.UserID, strings.TrimSpace(search), maxOpen)
}

// ArchivedChannels lists the user's channels that are archived.
func (s *Service) ArchivedChannels(ctx context.Context, who auth.Identity) ([]Channel, error) {
	channels, err := s.store.ArchivedChannels(ctx, who.UserID)
	return slices.DeleteFunc(channels, func(ch Channel) bool { return !ch.KnownTo(who) }), err
}
