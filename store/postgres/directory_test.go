package postgres_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/id"
)

func TestWhatTheDirectoryLetsPeopleDoIsLogged(t *testing.T) {
	s, _ := newChat(t)
	signedIn := chat.User{ID: "ann", Name: "Ann", Role: "admin", Internal: true}
	if _, err := s.UpsertUser(t.Context(), signedIn); err != nil {
		t.Fatal(err)
	}
	last := int64(0)
	for _, tt := range []struct {
		directory chat.Directory
		want      []string // what, whom and how
	}{
		{users("ann user true", "ben user true", "cat admin true", "dan client false"), []string{
			"rank_set ann map[companyRole:user companyRoleBefore:admin isInternal:<nil>]",
			"rank_set cat map[companyRole:admin companyRoleBefore:<nil> isInternal:<nil>]"}},
		{users("ann user true", "ben user true"), nil},
		{users("ben manager true", "cat admin false"), []string{
			"rank_set ben map[companyRole:manager companyRoleBefore:user isInternal:<nil>]",
			"rank_set cat map[companyRole:admin companyRoleBefore:<nil> isInternal:false]"}},
		{chat.Directory{By: "crm", Projects: []chat.DirectoryProject{{ID: "p", Name: "P", MemberIDs: []string{"ann"}, ManagerIDs: []string{"ben"}}}},
			[]string{"role_set ben map[role:admin]"}},
		{chat.Directory{By: "crm", Projects: []chat.DirectoryProject{{ID: "p", Name: "P", MemberIDs: []string{"ben"}, ManagerIDs: []string{"ann"}}}},
			[]string{"role_set ann map[role:admin]", "role_set ben map[role:member]"}},
	} {
		if _, err := s.ApplyDirectory(t.Context(), tt.directory, id.New); err != nil {
			t.Fatal(err)
		}
		entries, _, err := s.AuditLog(t.Context(), chat.AuditQuery{ActorID: "crm", Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range entries {
			if e.ID > last && e.Action != chat.AuditDirectory {
				got = append(got, fmt.Sprint(e.Action, " ", e.UserID, " ", e.Details))
			}
			if e.Action == chat.AuditRoleSet && e.ChannelID == "" {
				t.Errorf("of no channel: %+v", e)
			}
		}
		last = max(last, entries[0].ID)
		slices.Sort(got)
		if !slices.Equal(got, tt.want) {
			t.Errorf("%+v:\ngot  %q\nwant %q", tt.directory, got, tt.want)
		}
	}
}

// users are a part of a directory: ids with a role, and whether they are internal.
func users(lines ...string) chat.Directory {
	d := chat.Directory{By: "crm"}
	for _, line := range lines {
		var u chat.User
		if _, err := fmt.Sscan(line, &u.ID, &u.Role, &u.Internal); err != nil {
			panic(err)
		}
		u.Name = u.ID
		d.Users = append(d.Users, chat.DirectoryUser{User: u, Active: true})
	}
	return d
}

// Everybody of a department is in its channel, however many they are; people then add nobody to it.
func TestADepartmentsChannelHasAllOfIt(t *testing.T) {
	const size = chat.MaxMembers + 20
	s, _ := newChat(t)
	d := chat.Directory{By: "crm"}
	for i := range size {
		u := chat.User{ID: fmt.Sprint("u", i), Name: "U", Role: "user", Department: "Support", Internal: true}
		d.Users = append(d.Users, chat.DirectoryUser{User: u, Active: true})
	}
	outcome, err := s.ApplyDirectory(t.Context(), d, id.New)
	if err != nil {
		t.Fatal(err)
	}
	support := ""
	for _, c := range outcome.Channels {
		if c.Channel.DepartmentID == "Support" {
			support = c.Channel.ID
			if len(c.Added) != size || c.AddedPush.ParticipantCount != size {
				t.Errorf("%d were added of %d", len(c.Added), size)
			}
			if len(c.AddedPush.Members) != 100 || !c.AddedPush.More {
				t.Errorf("the push names %d of them, and there are more: %v", len(c.AddedPush.Members), c.AddedPush.More)
			}
		}
	}
	if _, _, err := s.AddMembers(t.Context(), support, []string{"bob"}, chat.PlainMember); !errors.Is(err, chat.ErrTooManyMembers) {
		t.Errorf("one more by hand: %v", err)
	}
	if _, eventSeq, err := s.AddMembers(t.Context(), support, []string{"u1"}, chat.PlainMember); err != nil || eventSeq != 0 {
		t.Errorf("who is in it already: change %d, %v", eventSeq, err)
	}
	bobs := bob
	bobs.Department = "Support"
	if _, err := s.ApplyDirectory(t.Context(), chat.Directory{Users: []chat.DirectoryUser{{User: bobs, Active: true}}}, id.New); err != nil || !isMember(t, s, support, "bob") {
		t.Errorf("one more by rule is left out, %v", err)
	}
}
