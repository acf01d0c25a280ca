package main

import (
	"bytes"
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/auth"
)

const (
	bulkUsers   = 10_000
	bulkWithin  = 10 * time.Second
	shownWithin = time.Second // to whoever is connected
	many        = 100         // who change at once
)

// directory measures how long the CRM's changes take, and until those whom they concern have been told.
func (b *bench) directory(ctx context.Context) error {
	return b.withCrowd(ctx, "directory", b.sockets, func(p *parley, c *crowd) error {
		began := time.Now()
		if err := p.apply(ctx, chat.DirectoryRequest{Users: entries(0, bulkUsers, func(*chat.UserEntry) {})}); err != nil {
			return err
		}
		b.table.time(fmt.Sprintf("the directory: %d users at once, half of them new, %d sockets", bulkUsers, b.sockets), time.Since(began), bulkWithin)
		for _, change := range []struct {
			what, push string
			users      []chat.UserEntry
			pushes     int
			limit      time.Duration
		}{
			{"one has another name, until everybody is told", "peopleChanged", entries(0, 1, renamed("a")), b.sockets, shownWithin},
			{fmt.Sprintf("%d have other names, until everybody is told", 10*many), "peopleChanged", entries(0, 10*many, renamed("b")), 10 * b.sockets, 0},
			{fmt.Sprintf("%d move to other departments, until each is told", many), "channelAdded", entries(0, many, moved), many, shownWithin},
			{fmt.Sprintf("%d become clients, until each is told", many), "userChanged", entries(0, many, outside), many, shownWithin},
			{fmt.Sprintf("%d are deactivated, until each is told", many), "sessionEnded", entries(0, many, gone), many, shownWithin},
		} {
			w := c.watch(change.push, change.pushes)
			began := time.Now()
			if err := p.apply(ctx, chat.DirectoryRequest{Users: change.users}); err != nil {
				return err
			}
			select {
			case last := <-w.done:
				b.table.time("the directory: "+change.what, last.Sub(began), change.limit)
			case <-time.After(30 * time.Second):
				return fmt.Errorf("%s: %d of %d were told", change.what, w.heard.Load(), change.pushes)
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
}

// entries are the users from one number to another, changed.
func entries(from, to int, change func(*chat.UserEntry)) (users []chat.UserEntry) {
	for n := from; n < to; n++ {
		u := chat.UserEntry{ID: userID(n), Name: userID(n), Role: auth.RoleUser, Department: department(n / groupSize)}
		change(&u)
		users = append(users, u)
	}
	return users
}

func renamed(by string) func(*chat.UserEntry) {
	return func(u *chat.UserEntry) { u.Name += by }
}

func moved(u *chat.UserEntry) { u.Department = "Another team" }

func outside(u *chat.UserEntry) { u.Role = auth.RoleClient }

func gone(u *chat.UserEntry) { u.Active = new(bool) }

// apply tells the server of a part of the directory, as the CRM does.
func (p *parley) apply(ctx context.Context, part chat.DirectoryRequest) error {
	return p.post(ctx, "/api/directory/bulk", p.token(auth.Identity{UserID: "crm", Name: "CRM", Role: auth.RoleService}), part)
}

// watch counts a push with all clients, until there were so many.
type watch struct {
	prefix []byte
	want   int64
	heard  atomic.Int64
	done   chan time.Time
}

func (c *crowd) watch(push string, want int) *watch {
	w := &watch{prefix: []byte(`42["` + push + `"`), want: int64(want), done: make(chan time.Time, 1)}
	c.watched.Store(w)
	return w
}

func (w *watch) hear(text []byte, at time.Time) {
	if w != nil && bytes.HasPrefix(text, w.prefix) && w.heard.Add(1) == w.want {
		w.done <- at
	}
}
