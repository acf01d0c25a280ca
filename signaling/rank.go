package signaling

import (
	"time"

	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/bus"
)

// who is who asks by the session, as of now: the token says it once, and the directory may say less at any time.
func (sess *session) who() auth.Identity { return sess.server.cfg.Chat.Lowered(sess.claimed) }

// sayReady tells the client that the connection may be used, and who it is.
func (sess *session) sayReady(a chat.Admission, rank auth.Rank) {
	sess.telling.Lock()
	defer sess.telling.Unlock()
	sess.admitted.Store(true)
	sess.told = rank
	_ = sess.socket.Emit(EventReady, readyPush{
		User: a.User, Epoch: a.Epoch, ServerTime: time.Now().UTC(),
		Limits: readyLimits{MessageLength: chat.MaxMessageLength, CallParticipants: sess.server.cfg.Calls.Participants()},
	})
}

// retell ends what the session may no longer hear, and tells the client who it is if that is not what it was told.
func (sess *session) retell() {
	sess.telling.Lock()
	defer sess.telling.Unlock()
	who := sess.who()
	if !who.Internal {
		sess.watchNobody()
	}
	if sess.admitted.Load() && sess.told != who.Rank() {
		sess.told = who.Rank()
		_ = sess.socket.Emit(EventUserChanged, userChangedPush{User: userOf(who)})
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
