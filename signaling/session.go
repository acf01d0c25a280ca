package signaling

import (
	"context"
	"encoding/json"
	"maps"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/digierapro/parley/call"
	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/bus"
	"github.com/digierapro/parley/internal/fault"
	"github.com/digierapro/parley/signaling/socketio"
)

// requestTimeout bounds the work for one request. The work is not given up when the socket goes: a message that was sent
// with the last breath is still a message.
const requestTimeout = 10 * time.Second

// session is what the server knows of one connected socket.
type session struct {
	server  *Server
	socket  *socketio.Socket
	claimed auth.Identity // who the token says that it is
	began   auth.Rank     // what it was when it was connected
	chat    lane          // requests of one lane are answered in order
	call    lane          // and a slow database holds up no call

	searches lane

	previous *session // that this one may take up; set before it is connected

	admitted atomic.Bool // the database knows the user, and the socket hears their channels
	behind   atomic.Bool // since then it may hear others

	mu     sync.Mutex
	rooms  map[string]bool             // guarded by mu; topics that the socket hears; nil once it cannot come back
	left   map[string]bool             // guarded by mu; channels that the client does not want to hear
	asking int                         // guarded by mu; how many ask
	news   map[string]bool             // guarded by mu; by channel id, see ask
	seats  map[string]call.Seat        // guarded by mu; by call id; nil while there are none
	closed bool                        // guarded by mu; the connection was lost
	typed  map[typingRequest]time.Time // guarded by mu; when the user was last told to write there

	telling sync.Mutex   // held while the client is told who it is, so that what it hears last holds; taken before mu
	told    toldIdentity // guarded by telling
}

// authenticate is the middleware of every connect, also of a recovered one: it verifies the token.
func (s *Server) authenticate(ctx context.Context, socket *socketio.Socket) error {
	who, err := s.cfg.Verifier.Verify(ctx, socketToken(socket))
	if err == nil {
		err = s.mayAsk(who, false)
	}
	if err != nil {
		s.stats.Refused.Add(1)
		f := fault.From(err)
		if f.Kind == fault.Internal {
			s.log.Error("token not verified", "error", err)
		}
		return &socketio.ConnectError{Message: f.Message, Data: map[string]any{"code": f.Code}}
	}
	if err := s.limiter.take(who.UserID, limitConnects); err != nil {
		f := fault.From(err)
		return &socketio.ConnectError{Message: f.Message, Data: map[string]any{"code": f.Code, "retryAfterMs": f.RetryAfter.Milliseconds()}}
	}
	s.limiter.buckets.Return(limitKey{addressKey(socket.Handshake().RemoteAddr), limitAddresses}, time.Now())
	socket.Set(&session{
		server: s, socket: socket, claimed: who, began: s.cfg.Chat.AsDescribed(who).Rank(),
		rooms: make(map[string]bool),
	})
	return nil
}

// socketToken takes the token from the CONNECT payload or else from the Authorization header; never from the URL, which
// ends in logs, and never from a cookie, which a foreign page could ride on.
func socketToken(socket *socketio.Socket) string {
	var payload struct {
		Token string `json:"token"`
	}
	if json.Unmarshal(socket.Handshake().Auth, &payload) == nil && payload.Token != "" {
		return payload.Token
	}
	return bearer(socket.Handshake().Header.Get("Authorization"))
}

func bearer(header string) string {
	scheme, token, ok := strings.Cut(header, " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// sameUser lets a lost connection be recovered only by the user who had it, with the rights that they had: what was sent
// meanwhile was meant for those.
func sameUser(socket *socketio.Socket, previous any) bool {
	fresh, ok := socket.Get().(*session)
	old, found := previous.(*session)
	if !ok || !found || fresh.claimed.UserID != old.claimed.UserID || fresh.began != old.began {
		return false
	}
	fresh.previous = old
	return true
}

func (s *Server) connected(socket *socketio.Socket) {
	sess, ok := socket.Get().(*session)
	if !ok {
		socket.Disconnect(true)
		return
	}
	s.mu.Lock()
	s.sessions[sess] = struct{}{}
	s.mu.Unlock()
	if socket.Recovered() {
		sess.takeOver(sess.previous)
	}
	sess.previous = nil
	socket.ForgetRequest() // the token among it
	socket.OnForget(sess.forget)
	socket.OnDisconnect(func(socketio.Reason) { sess.close() })
	sess.hear(bus.User(sess.claimed.UserID))
	sess.chat.do(sess.admit)
}

// admit records the user and lets the socket hear their channels; then the client is told that it is ready. While the
// database is down the session goes on without, for calls, and check tries again.
func (sess *session) admit() {
	ctx, cancel := context.WithTimeout(context.Background(), requestTimeout)
	defer cancel()
	if sess.admitted.Load() {
		return
	}
	sess.settle(ctx) // what is told of the user on other nodes is heard before the database is asked
	sess.ask()
	defer sess.asked()
	who := sess.who()
	a, err := sess.server.cfg.Chat.Admit(ctx, who)
	if err != nil {
		if fault.KindOf(err) != fault.Unavailable {
			sess.server.log.Error("user not admitted", "user", sess.claimed.UserID, "error", err)
		}
		return
	}
	sess.hearOnly(a.Channels)
	sess.hearPeople(who)
	sess.server.hub.know(a.Positions)
	sess.settle(ctx)
	sess.sayReady(a)
	sess.retell() // it may be another one by now
	sess.present(ctx)
	for _, ring := range sess.server.cfg.Calls.Ringing(sess.claimed.UserID) {
		if !who.Internal && !sess.knows(ring.ChannelID) {
			continue
		}
		_ = sess.socket.Emit(call.EventIncomingCall, ring)
	}
}

// present notes that the user has one more device here, unless it has gone meanwhile.
func (sess *session) present(ctx context.Context) {
	p := sess.server.cfg.Presence
	p.Connect(ctx, sess.claimed.UserID, sess.socket.ID())
	if sess.gone() {
		p.Disconnect(sess.claimed.UserID, sess.socket.ID())
	}
}

// gone tells whether the connection was lost.
func (sess *session) gone() bool {
	sess.mu.Lock()
	defer sess.mu.Unlock()
	return sess.closed
}

// check is called every second.
func (sess *session) check(_ context.Context, now time.Time) {
	if sess.claimed.Expired(now) {
		_ = sess.socket.Emit(EventSessionEnded, sessionEndedPush{Code: "token_expired", Message: "Your session has ended. Sign in again."})
		sess.socket.Disconnect(true)
		return
	}
	if !sess.admitted.Load() {
		sess.chat.try(sess.admit)
	}
	if sess.behind.Load() {
		sess.chat.try(sess.catchUp)
	}
}

// deactivated ends the session.
func (sess *session) deactivated() {
	_ = sess.socket.Emit(EventSessionEnded, sessionEndedPush{Code: chat.ErrDeactivated.Code, Message: chat.ErrDeactivated.Message})
	sess.socket.Disconnect(true)
}

// takeOver takes what a lost connection went on hearing. Calls it does not: their seats are resumed by joinCall.
func (sess *session) takeOver(old *session) {
	old.mu.Lock()
	rooms := old.rooms
	old.rooms = nil
	old.mu.Unlock()
	if rooms == nil {
		return
	}
	sess.mu.Lock()
	sess.rooms = rooms
	sess.mu.Unlock()
	for topic := range maps.Clone(rooms) {
		if !strings.HasPrefix(topic, bus.Channel("")) && !strings.HasPrefix(topic, bus.User("")) {
			sess.unhear(topic)
		}
	}
}

// close notes that the connection is gone. Its seats wait for another socket of the user; what it heard is kept for it as
// long as it may be recovered.
func (sess *session) close() {
	s := sess.server
	s.mu.Lock()
	delete(s.sessions, sess)
	s.mu.Unlock()
	s.cfg.Presence.Disconnect(sess.claimed.UserID, sess.socket.ID())

	sess.mu.Lock()
	seats := sess.seats
	sess.seats, sess.closed = nil, true
	sess.mu.Unlock()
	for _, seat := range seats {
		s.cfg.Calls.Detach(seat)
	}
}

// forget gives back what the socket heard, once it cannot come back.
func (sess *session) forget() {
	sess.mu.Lock()
	rooms := sess.rooms
	sess.rooms = nil
	sess.mu.Unlock()
	for topic := range rooms {
		sess.server.hub.leave(sess.socket, topic)
	}
}

// sit notes the seat that the socket now holds in a call; false when the socket is gone already.
func (sess *session) sit(seat call.Seat) bool {
	sess.mu.Lock()
	defer sess.mu.Unlock()
	if sess.closed {
		return false
	}
	if sess.seats == nil {
		sess.seats = make(map[string]call.Seat)
	}
	sess.seats[seat.CallID] = seat
	return true
}

func (sess *session) seat(callID string) (call.Seat, bool) {
	sess.mu.Lock()
	defer sess.mu.Unlock()
	seat, ok := sess.seats[callID]
	return seat, ok
}

func (sess *session) stand(callID string) {
	sess.mu.Lock()
	defer sess.mu.Unlock()
	delete(sess.seats, callID)
}
