package signaling

import (
	"context"
	"encoding/json"
	"hash/maphash"
	"time"

	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/bus"
	"github.com/digierapro/parley/signaling/socketio"
)

// who is who asks by the session, as of now: the token says it once, and the directory may say otherwise, or less, at any time.
func (sess *session) who() auth.Identity { return sess.server.cfg.Chat.AsDescribed(sess.claimed) }

// toldIdentity is who a client was told that it is: no more of it than shows whether it is another one now.
type toldIdentity struct {
	hash     uint64
	internal bool
}

var toldSeed = maphash.MakeSeed()

func identityTold(u chat.User) toldIdentity {
	return toldIdentity{maphash.Comparable(toldSeed, u), u.Internal}
}

// sayReady tells the client that the connection may be used, and who it is.
func (sess *session) sayReady(a chat.Admission) {
	sess.telling.Lock()
	defer sess.telling.Unlock()
	sess.admitted.Store(true)
	sess.told = identityTold(a.User)
	_ = sess.socket.Emit(EventReady, readyPush{
		User: a.User, Epoch: a.Epoch, ServerTime: time.Now().UTC(), PeopleSeq: sess.server.cfg.Chat.PeopleSeq(),
		Limits: readyLimits{MessageLength: chat.MaxMessageLength, CallParticipants: sess.server.cfg.Calls.Participants()},
	})
}

// retell ends what the session may no longer hear, and tells the client who it is if that is not what it was told.
func (sess *session) retell() {
	sess.telling.Lock()
	defer sess.telling.Unlock()
	who := sess.who()
	if sess.hearPeople(who); !who.Internal {
		sess.watchNobody()
	}
	if now := identityTold(chat.UserOf(who)); sess.admitted.Load() && sess.told != now {
		raised := who.Internal && !sess.told.internal
		sess.told = now
		_ = sess.socket.Emit(EventUserChanged, userChangedPush{User: chat.UserOf(who)})
		if raised {
			sess.compare() // what it was not told of before, as one from outside
		}
	}
}

// describedAnew is told when the directory says something else of the user. Who stays outside by their token may hear a channel
// that has become internal by it: a direct message.
func (sess *session) describedAnew() {
	sess.retell()
	if !sess.who().Internal {
		sess.compare()
	}
}

// compare brings what a session hears in line with the database soon. One that was not admitted yet asks it then.
func (sess *session) compare() {
	if sess.admitted.Load() {
		sess.behind.Store(true)
		sess.chat.try(sess.catchUp)
	}
}

// catchUp brings what the session hears in line with the database; check tries again.
func (sess *session) catchUp() {
	if !sess.behind.CompareAndSwap(true, false) {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), requestTimeout)
	defer cancel()
	members, err := sess.server.cfg.Chat.Memberships(ctx, []string{sess.claimed.UserID})
	if err == nil { // the user's other sockets may be told right now of what they hear
		err = sess.server.compareSessions(ctx, []*session{sess}, members[sess.claimed.UserID])
	}
	if err != nil {
		sess.behind.Store(true)
		sess.server.report(ctx, err)
	}
}

// withheld are the sockets of a user from which a push to them is kept, as rooms: those that may not know of internal channels
// are told only of channels that they hear, have left by themselves, or may hear from now on.
func withheld(to socketio.Emitter, e bus.Event) (rooms []string) {
	var about struct {
		ChannelID string `json:"channelId"`
		Channel   struct {
			Internal bool `json:"isInternal"`
		} `json:"channel"`
	}
	read := false
	eachSession(to, func(sess *session) {
		if sess.who().Internal {
			return
		}
		if !read {
			_ = json.Unmarshal(e.Data, &about) // what cannot be read names no channel
			read = true
		}
		if about.Channel.Internal || about.ChannelID != "" && !sess.knows(about.ChannelID) {
			rooms = append(rooms, sess.socket.ID())
		}
	})
	return rooms
}

// hearPeople has the socket told how people look, if its user may know of all of them.
func (sess *session) hearPeople(who auth.Identity) {
	if who.Internal {
		sess.hear(bus.People())
	} else {
		sess.unhear(bus.People())
	}
}

// watchNobody ends what the session hears of people.
func (sess *session) watchNobody() {
	for _, topic := range sess.topics() {
		if _, ok := cutTopic(topic, bus.Presence("")); ok {
			sess.unhear(topic)
		}
	}
	sess.server.cfg.Presence.Unwatch(sess.socket.ID())
}
