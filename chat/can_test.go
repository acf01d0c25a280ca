package chat

import (
	"errors"
	"testing"
	"time"

	"github.com/digierapro/parley/internal/auth"
)

func TestCan(t *testing.T) {
	member, admin, owner := &Member{Role: PlainMember}, &Member{Role: Admin}, &Member{Role: Owner}
	insider := func(m *Member) Actor { return Actor{Internal: true, Role: auth.RoleUser, Member: m} }
	client := func(m *Member) Actor { return Actor{Role: auth.RoleClient, Member: m} }
	now := time.Unix(1000, 0)
	later := now.Add(time.Minute)
	silenced, heard := &Member{Role: PlainMember, SilencedUntil: &later}, &Member{Role: PlainMember, SilencedUntil: &now}
	blocked := Actor{Internal: true, Role: auth.RoleUser, Member: member, Blocked: true}
	all := []Action{Read, Write, StartCall, JoinCall}

	for _, tt := range []struct {
		name    string
		who     Actor
		channel Channel
		actions []Action
		want    error
	}{
		{"a member may do everything", insider(member), Channel{Internal: true}, all, nil},
		{"a stranger does not learn that it exists", insider(nil), Channel{Internal: true}, all, ErrNoChannel},
		{"nor does an admin of the company", Actor{Internal: true, Role: auth.RoleAdmin}, Channel{Internal: true}, all, ErrNoChannel},
		{"a client member of a shared channel may do everything", client(member), Channel{}, all, nil},
		{"a client never sees an internal channel, even with a stray membership", client(member), Channel{Internal: true}, all, ErrNoChannel},
		{"an archived channel can be read", insider(member), Channel{Archived: true}, []Action{Read}, nil},
		{"but nothing else, even by its owner", insider(owner), Channel{Archived: true}, []Action{Write, StartCall, JoinCall}, ErrArchived},
		{"a read-only channel takes no member's message", insider(member), Channel{ReadOnly: true}, []Action{Write}, ErrReadOnly},
		{"but can be read and called in", insider(member), Channel{ReadOnly: true}, []Action{Read, StartCall, JoinCall}, nil},
		{"its admin may write", insider(admin), Channel{ReadOnly: true}, []Action{Write}, nil},
		{"a silenced member reads", insider(silenced), Channel{}, []Action{Read, StartCall, JoinCall}, nil},
		{"and is not heard", insider(silenced), Channel{}, []Action{Write, React, Notify}, ErrSilenced},
		{"until it is over", insider(heard), Channel{}, []Action{Write, React, Notify}, nil},
		{"an admin can be silenced too", insider(&Member{Role: Admin, SilencedUntil: &later}), Channel{}, []Action{Write}, ErrSilenced},
		{"who is blocked reads a direct message", blocked, Channel{Type: DM}, []Action{Read, JoinCall}, nil},
		{"and reaches nobody by it", blocked, Channel{Type: DM}, []Action{Write, React, Pin, StartCall}, ErrNotDelivered},
		{"but may take their own words away", Actor{Internal: true, Role: auth.RoleUser, Member: member, Blocked: true, Author: true}, Channel{Type: DM}, []Action{Delete}, nil},
		{"either person of a direct message pins", insider(member), Channel{Type: DM}, []Action{Pin}, nil},
		{"a direct message has no moderator", insider(owner), Channel{Type: DM}, []Action{Manage, Moderate}, ErrNotModerator},
		{"a member does not moderate", insider(member), Channel{}, []Action{Manage, Moderate, Pin, Delete}, ErrNotModerator},
		{"an admin does", insider(admin), Channel{}, []Action{Manage, Moderate, Pin, Delete}, nil},
		{"also what is archived", insider(admin), Channel{Archived: true}, []Action{Manage, Moderate}, nil},
		{"a member of the company adds people", insider(member), Channel{}, []Action{Invite}, nil},
		{"a client does not", client(member), Channel{}, []Action{Invite}, ErrNotModerator},
		{"and moderates nothing, whatever its role", client(owner), Channel{}, []Action{Invite, Manage, Moderate, Pin, Delete}, ErrNotModerator},
		{"and so may its owner", insider(owner), Channel{ReadOnly: true}, []Action{Write}, nil},
	} {
		for _, action := range tt.actions {
			tt.who.Now = now
			if got := Can(tt.who, action, tt.channel); !errors.Is(got, tt.want) && got != tt.want {
				t.Errorf("%s: %s: got %v, want %v", tt.name, action, got, tt.want)
			}
		}
	}
}

// What sendUsual takes for granted before it knows the place: whoever the store lets write by AppendUsual may write.
func TestWhoeverIsAtAUsualPlaceMayWrite(t *testing.T) {
	usual, plain := usualPlace()
	who := Actor{Internal: true, Role: auth.RoleUser, Member: plain}
	if err := Can(who, Write, usual); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []ChannelType{General, Project, Department, DM} {
		for _, internal := range []bool{true, false} {
			for _, private := range []bool{true, false} {
				for _, role := range []MemberRole{Owner, Admin, PlainMember} {
					for _, company := range []auth.Role{auth.RoleUser, auth.RoleManager, auth.RoleAdmin} {
						a := Actor{Internal: true, Role: company, Member: &Member{Role: role}}
						if err := Can(a, Write, Channel{Type: kind, Internal: internal, Private: private}); err != nil {
							t.Errorf("%s, internal %t, private %t, %s, %s: %v", kind, internal, private, role, company, err)
						}
					}
				}
			}
		}
	}
}
