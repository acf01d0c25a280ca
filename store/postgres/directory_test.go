package postgres_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/id"
)

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
