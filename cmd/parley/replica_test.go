package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/sioclient"
)

// replica is a client as docs/protocol.md describes one: it fetches a channel once, and from then on knows it by pushes and
// by what sync answers.
type replica struct {
	t      *testing.T
	userID string

	mu       sync.Mutex
	socket   *sioclient.Client
	epoch    string
	channels map[string]*channelState
	behind   bool        // something was missed: a sync tells
	lose     func() bool // whether the network loses a push

	looks     map[string]chat.Person // who looks otherwise than when what they are in was fetched
	peopleSeq int64                  // since which change that is known

	kinds map[string]bool // of changes that were applied
}

// channelState is all that a client keeps of a channel.
type channelState struct {
	EventSeq int64
	Settings chat.ChannelUpdated
	Members  map[string]chat.MemberRole
	Messages map[string]chat.Message
	Partial  bool // more were added than are known: it is fetched afresh by the next sync
}

// manyAdded is a change that names some of those who were added.
const manyAdded = chat.EventMembersAdded + " and more"

func newReplica(t *testing.T, userID string, lose func() bool) *replica {
	return &replica{t: t, userID: userID, channels: make(map[string]*channelState), lose: lose, kinds: make(map[string]bool), looks: make(map[string]chat.Person), peopleSeq: -1}
}

// connect opens a socket and catches up; an error when the server is on its way down.
func (r *replica) connect(ctx context.Context, p *process) error {
	type hello struct {
		Epoch     string
		PeopleSeq int64
	}
	ready := make(chan hello, 1)
	socket, err := sioclient.Dial(ctx, p.url+"/api/socket/io", sioclient.Options{Token: tokenFor(r.t, r.userID), OnPush: func(push sioclient.Push) {
		var h hello
		if push.Name == "ready" && json.Unmarshal(push.Data, &h) == nil {
			ready <- h
			return
		}
		r.push(push)
	}})
	if err != nil {
		return err
	}
	var began hello
	select {
	case began = <-ready:
	case <-socket.Done():
		return sioclient.ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	r.mu.Lock()
	r.socket, r.behind, r.epoch = socket, true, began.Epoch
	if r.peopleSeq < 0 {
		r.peopleSeq = began.PeopleSeq
	}
	r.mu.Unlock()
	return r.sync(ctx, p)
}

func (r *replica) disconnect() {
	if r.socket != nil {
		r.socket.Close()
		r.socket = nil
	}
}

func (r *replica) push(push sioclient.Push) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var change struct {
		ChannelID string `json:"channelId"`
		EventSeq  int64  `json:"eventSeq"`
	}
	if json.Unmarshal(push.Data, &change) != nil {
		r.t.Errorf("a push that is no JSON: %s", push.Data)
		return
	}
	ch := r.channels[change.ChannelID]
	switch {
	case push.Name == chat.EventChannelAdded:
		r.behind = true
	case push.Name == chat.EventChannelRemoved:
		delete(r.channels, change.ChannelID)
	case push.Name == chat.EventPeopleChanged && !r.lose():
		var changed chat.PeopleChanged
		if err := json.Unmarshal(push.Data, &changed); err != nil {
			r.t.Error(err)
		}
		r.see(changed.People)
	case change.EventSeq == 0 || r.lose():
	case ch == nil || change.EventSeq > ch.EventSeq+1:
		r.behind = true
	case change.EventSeq == ch.EventSeq+1:
		ch.EventSeq = change.EventSeq
		r.apply(change.ChannelID, ch, push.Name, push.Data)
	}
}

func (r *replica) isBehind() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.behind
}

// sync asks what was missed, and applies it.
func (r *replica) sync(ctx context.Context, p *process) error {
	r.mu.Lock()
	r.behind = false
	since := r.peopleSeq
	known := chat.SyncRequest{Epoch: r.epoch, Channels: make(map[string]int64), PeopleSeq: &since}
	for channelID, ch := range r.channels {
		known.Channels[channelID] = ch.EventSeq
	}
	r.mu.Unlock()
	var answer chat.SyncAnswer
	if err := r.socket.Request(ctx, "sync", known, &answer); err != nil {
		return err
	}
	r.mu.Lock()
	r.see(answer.People)
	r.peopleSeq = answer.PeopleSeq
	if answer.PeopleReset {
		r.t.Error("one person who changes is more than a sync tells")
	}
	r.mu.Unlock()
	for _, ch := range answer.Added {
		if err := r.fetch(ctx, p, ch.ID); err != nil {
			return err
		}
	}
	for channelID, told := range answer.Channels {
		if told.Status == chat.SyncReset {
			if err := r.fetch(ctx, p, channelID); err != nil {
				return err
			}
		}
		r.take(channelID, told)
	}
	return nil
}

// see notes how people look now, in all that is known of them and that is told later.
func (r *replica) see(people []chat.Person) {
	for _, p := range people {
		r.looks[p.ID] = p
		r.kinds[chat.EventPeopleChanged] = true
	}
}

func (r *replica) take(channelID string, told chat.ChannelSync) {
	r.mu.Lock()
	defer r.mu.Unlock()
	ch := r.channels[channelID]
	if told.Status == chat.SyncGone {
		delete(r.channels, channelID)
	}
	if told.Status != chat.SyncEvents || ch == nil {
		return
	}
	for _, c := range told.Events {
		if c.EventSeq == ch.EventSeq+1 {
			ch.EventSeq = c.EventSeq
			r.apply(channelID, ch, c.Event, c.Data)
		}
	}
	r.behind = r.behind || ch.EventSeq < told.EventSeq
}

// fetch takes a channel's present state in place of what was known.
func (r *replica) fetch(ctx context.Context, p *process, channelID string) error {
	fresh, err := fetchChannel(ctx, r.t, p, r.userID, channelID)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if fresh == nil {
		delete(r.channels, channelID)
		r.behind = true // it may be there again
		return nil
	}
	r.channels[channelID] = fresh
	return nil
}

// fetchChannel reads a channel as somebody does who knows nothing of it; nil when they may not.
func fetchChannel(ctx context.Context, t *testing.T, p *process, userID, channelID string) (*channelState, error) {
	state := &channelState{Members: make(map[string]chat.MemberRole), Messages: make(map[string]chat.Message)}
	var page chat.Page
	for before := ""; before == "" || page.HasMore; {
		page = chat.Page{}
		if status, err := ask(ctx, t, p, userID, "GET", "/api/communications?limit=100&channelId="+channelID+before, nil, &page); status == http.StatusNotFound || err != nil {
			return nil, err
		}
		if before == "" {
			state.EventSeq = page.EventSeq // what comes after it is applied to the older pages too
		}
		for _, m := range page.Messages {
			state.Messages[m.ID] = m
		}
		before = "&before=1"
		if len(page.Messages) > 0 {
			before = fmt.Sprintf("&before=%d", page.Messages[0].Seq)
		}
	}
	var one struct{ Channel chat.Channel }
	if status, err := ask(ctx, t, p, userID, "GET", "/api/channels/"+channelID, nil, &one); status == http.StatusNotFound || err != nil {
		return nil, err
	}
	state.Settings = chat.UpdatedPush(one.Channel, 0)
	var people struct {
		Participants []chat.Member
		HasMore      bool
	}
	for offset := 0; offset == 0 || people.HasMore; offset += len(people.Participants) {
		path := fmt.Sprintf("/api/channels/%s/participants?limit=100&offset=%d", channelID, offset)
		if status, err := ask(ctx, t, p, userID, "GET", path, nil, &people); status == http.StatusNotFound || err != nil {
			return nil, err
		}
		for _, m := range people.Participants {
			state.Members[m.UserID] = m.Role
		}
	}
	return state, nil
}

// ask sends a request as a user. What the server refuses is no error, but its status is returned.
func ask(ctx context.Context, t *testing.T, p *process, userID, method, path string, body, into any) (status int, err error) {
	text, err := json.Marshal(body)
	if err != nil {
		return 0, err
	}
	request, err := http.NewRequestWithContext(ctx, method, p.url+path, bytes.NewReader(text))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Authorization", "Bearer "+tokenFor(t, userID))
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK || into == nil {
		if response.StatusCode >= 500 && response.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("%s %s: %s: %s", method, path, response.Status, answer)
		}
		return response.StatusCode, err
	}
	return response.StatusCode, json.Unmarshal(answer, &struct{ Data any }{into})
}

// differs says in what a channel differs from its fresh state; empty when it does not.
func (s *channelState) differs(fresh *channelState, looks map[string]chat.Person) string {
	return firstDifference(s.normal(looks), fresh.normal(nil))
}

// normal words a state so that equal ones have equal lines.
func (s *channelState) normal(looks map[string]chat.Person) []string {
	s.Settings.EventSeq = 0
	lines := []string{fmt.Sprint("eventSeq ", s.EventSeq), fmt.Sprintf("settings %+v", s.Settings), fmt.Sprint("members ", s.Members)}
	var messages []chat.Message
	for _, m := range s.Messages {
		messages = append(messages, seen(m, looks))
	}
	slices.SortFunc(messages, func(a, b chat.Message) int { return int(a.Seq - b.Seq) })
	for _, m := range messages {
		m.UpdatedAt = time.Time{} // follows from the others
		m.Reactions = slices.Clone(m.Reactions)
		slices.SortFunc(m.Reactions, func(a, b chat.Reaction) int { return strings.Compare(a.Emoji+a.UserID, b.Emoji+b.UserID) })
		text, err := json.Marshal(m)
		lines = append(lines, fmt.Sprint(string(text), err))
	}
	return lines
}

// seen is a message with everybody in it as they look now.
func seen(m chat.Message, looks map[string]chat.Person) chat.Message {
	now := func(p chat.Person) chat.Person {
		if changed, ok := looks[p.ID]; ok {
			return changed
		}
		return p
	}
	all := func(people []chat.Person) []chat.Person {
		people = slices.Clone(people)
		for i, p := range people {
			people[i] = now(p)
		}
		return people
	}
	m.Sender, m.Mentioned, m.LastRepliers = now(m.Sender), all(m.Mentioned), all(m.LastRepliers)
	if m.Quote != nil {
		quote := *m.Quote
		quote.Sender = now(quote.Sender)
		m.Quote = &quote
	}
	return m
}

func firstDifference(have, want []string) string {
	for i := range max(len(have), len(want)) {
		line := func(of []string) string {
			if i < len(of) {
				return of[i]
			}
			return "nothing"
		}
		if line(have) != line(want) {
			return fmt.Sprintf("have %s\nwant %s", line(have), line(want))
		}
	}
	return ""
}
