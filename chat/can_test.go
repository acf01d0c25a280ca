package chat

import (
	"errors"
	"testing"

	"github.com/digierapro/parley/internal/auth"
)

func TestCan(t *testing.T) {
	member, admin, owner := &Member{Role: PlainMember}, &Member{Role: Admin}, &Member{Role: Owner}
	insider := func(m *Member) Actor { return Actor{Internal: true, Role: auth.RoleUser, Member: m} }
	client := func(m *Member) Actor { return Actor{Role: auth.RoleClient, Member: m} }
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
		{"and so may its owner", insider(owner), Channel{ReadOnly: true}, []Action{Write}, nil},
	} {
		for _, action := range tt.actions {
			if got := Can(tt.who, action, tt.channel); !errors.Is(got, tt.want) && got != tt.want {
				t.Errorf("%s: %s: got %v, want %v", tt.name, action, got, tt.want)
			}
		}
	}
}
