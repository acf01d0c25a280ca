package main

import (
	"context"
	"strings"
	"time"

	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/signaling"
)

// demoSession is how long a demo user stays signed in.
const demoSession = 12 * time.Hour

// demo is what --dev brings: people to be, and something to read.
type demo struct {
	signer *auth.Signer
	users  []auth.Identity
}

func newDemo(keys auth.Config) (*demo, error) {
	signer, err := auth.NewSigner(keys.Secret, keys.Issuer, keys.Audience)
	if err != nil {
		return nil, err
	}
	person := func(id, name string, role auth.Role, department string) auth.Identity {
		return auth.Identity{
			UserID: id, Name: name, Email: id + "@example.com", Role: role, Department: department, Internal: role != auth.RoleClient,
		}
	}
	return &demo{signer: signer, users: []auth.Identity{
		person("alice", "Alice Moreau", auth.RoleUser, "Sales"),
		person("bob", "Bob Tanaka", auth.RoleManager, "Sales"),
		person("carol", "Carol Okafor", auth.RoleUser, "Engineering"),
		person("dave", "Dave Lindqvist", auth.RoleManager, "Engineering"),
		person("erin", "Erin Castillo", auth.RoleUser, "Support"),
		person("farid", "Farid Haddad", auth.RoleUser, "Support"),
		person("grace", "Grace Novak", auth.RoleAdmin, "Operations"),
		person("acme", "Hana Weber (Acme)", auth.RoleClient, ""),
	}}, nil
}

func (d *demo) signIn(anyHost bool) *signaling.Dev {
	if d == nil {
		return nil
	}
	return &signaling.Dev{Users: d.users, AnyHost: anyHost, Sign: func(who auth.Identity) (string, time.Time, error) {
		return d.signer.Sign(who, demoSession)
	}}
}

// demoProject is what the CRM would tell of a project.
var demoProject = chat.ProjectEntry{
	ID: "demo-acme", Name: "Acme onboarding", Description: "Everything until Acme works with us.",
	URL: "https://crm.example.com/projects/acme", Status: "In progress",
	MemberIDs: []string{"alice", "carol", "erin"}, ManagerIDs: []string{"bob"},
}

// demoLine is one message of the demo: who, to whom (empty: the general channel; with a #: that channel), what.
type demoLine struct{ from, to, text string }

var demoLines = []demoLine{
	{"grace", "", "Welcome to Parley. Everyone at the company is in this channel; our clients are not."},
	{"bob", "", "Morning! The Acme quote goes out today. Alice, shall we look at it together before noon?"},
	{"alice", "", "Yes. I will start a call here at 11:30, whoever wants can join."},
	{"carol", "", "The new export is on staging: https://staging.example.com/exports\nTell me if a column is missing."},
	{"erin", "", "Two customers asked for exactly that this week, thank you!"},
	{"bob", "alice", "Do you have the latest numbers for Acme?"},
	{"alice", "bob", "On it, they are in the CRM in ten minutes."},
	{"bob", "#Acme onboarding", "Kick-off is on Thursday. **To do** until then:\n- the quote\n- the export for `orders`\n- a list of questions"},
	{"erin", "#Acme onboarding", "> the export for orders\n\nI can take that one."},
	{"dave", "#Engineering", "Deploy at 16:00. Say so here if anything speaks against it."},
}

// seed writes the demo messages. Each has an id of its own, so that a later start finds them written.
func (d *demo) seed(ctx context.Context, service *chat.Service) error {
	people := make(map[string]auth.Identity, len(d.users))
	for _, who := range d.users {
		people[who.UserID] = who
		if _, err := service.Admit(ctx, who); err != nil {
			return err
		}
	}
	if err := d.directory(ctx, service); err != nil {
		return err
	}
	for i, line := range demoLines {
		if err := d.say(ctx, service, people, i, line); err != nil {
			return err
		}
	}
	return nil
}

// directory is what the CRM would tell of its users, departments and projects.
func (d *demo) directory(ctx context.Context, service *chat.Service) error {
	request := chat.DirectoryRequest{Projects: []chat.ProjectEntry{demoProject}}
	for _, who := range d.users {
		request.Users = append(request.Users, chat.UserEntry{
			ID: who.UserID, Name: who.Name, Email: who.Email, Role: who.Role, Department: who.Department, Internal: &who.Internal,
		})
	}
	_, err := service.ApplyDirectory(ctx, auth.Identity{UserID: "crm", Name: "CRM", Role: auth.RoleService}, request)
	return err
}

// channel finds where a line is written.
func (d *demo) channel(ctx context.Context, service *chat.Service, who auth.Identity, to string) (chat.Channel, error) {
	name, named := strings.CutPrefix(to, "#")
	switch {
	case to == "":
		return service.GeneralChannel(ctx, who)
	case !named:
		channel, _, err := service.OpenDM(ctx, who, to)
		return channel, err
	}
	all, _, err := service.Channels(ctx, who)
	if err != nil {
		return chat.Channel{}, err
	}
	for _, channel := range all {
		if channel.Name == name {
			return channel, nil
		}
	}
	return chat.Channel{}, chat.ErrNoChannel
}

func (d *demo) say(ctx context.Context, service *chat.Service, people map[string]auth.Identity, i int, line demoLine) error {
	who := people[line.from]
	channel, err := d.channel(ctx, service, who, line.to)
	if err != nil {
		return err
	}
	_, err = service.Send(ctx, who, chat.Outgoing{ChannelID: channel.ID, Body: line.text, ClientID: "demo-" + string(rune('a'+i))})
	return err
}
