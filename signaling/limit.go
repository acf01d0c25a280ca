package signaling

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/fault"
	"github.com/digierapro/parley/internal/rate"
)

// limitName names something that is limited. Limits count by user, not by connection, so more sockets do not help.
type limitName string

const (
	limitMessages  limitName = "messages"
	limitRepeats   limitName = "repeats" // sends with a clientId that was let through before
	limitEdits     limitName = "edits"
	limitReactions limitName = "reactions"
	limitPeople    limitName = "people"
	limitSearch    limitName = "search"
	limitSuggest   limitName = "suggest"
	limitTyping    limitName = "typing"
	limitReports   limitName = "reports"
	limitCalls     limitName = "calls"
	limitOffers    limitName = "offers"  // of media
	limitPatches   limitName = "patches" // of streams: an ICE restart, or a candidate
	limitChannels  limitName = "channels"
	limitMembers   limitName = "members"
	limitSettings  limitName = "settings"  // of channels, roles and pins: what a channel is told of, with a line in it or without
	limitEvents    limitName = "events"    // of all kinds, over sockets
	limitPaths     limitName = "paths"     // of all kinds, over REST
	limitConnects  limitName = "connects"  // of sockets, by user
	limitAddresses limitName = "addresses" // of sockets that bring no good token, by address
)

// limited is what counts against which limit, beside limitEvents and limitPaths: events and paths by their names.
var limited = map[string]limitName{
	"sendMessage":                            limitMessages,
	"POST /api/communications":               limitMessages,
	"scheduleMessage":                        limitMessages,
	"POST /api/communications/scheduled":     limitMessages,
	"changeScheduled":                        limitEdits,
	"PUT /api/communications/scheduled/{id}": limitEdits,
	"reportMessage":                          limitReports,
	"decideReport":                           limitMembers,
	"POST /api/moderation/dm-access":         limitReports,
	"typing:start":                           limitTyping,
	"watchPresence":                          limitPeople,
	"editMessage":                            limitEdits,
	"PUT /api/communications/{id}":           limitEdits,
	"addReaction":                            limitReactions,
	"POST /api/communications/reactions":     limitReactions,
	"GET /api/users":                         limitPeople,
	"search":                                 limitSearch,
	"GET /api/communications/search":         limitSearch,
	"GET /api/communications/search/suggest": limitSuggest,
	"initiateCall":                           limitCalls,
	"POST /api/calls":                        limitCalls,
	"webrtc:offer":                           limitOffers,
	"POST /api/calls/{id}/whip":              limitOffers,
	"PATCH /api/calls/{id}/whip/{session}":   limitPatches,
	"POST /api/calls/{id}/whep":              limitOffers,
	"PATCH /api/calls/{id}/whep/{session}":   limitPatches,
	"createChannel":                          limitChannels,
	"POST /api/channels":                     limitChannels,
	"addMembers":                             limitMembers,
	"silenceMember":                          limitMembers,
	"blockUser":                              limitMembers,
	"POST /api/channels/{id}/participants":   limitMembers,
	"PUT /api/moderation/reports/{id}":       limitMembers,
	"becomeMember":                           limitMembers,
	"POST /api/channels/{id}/join":           limitMembers,

	"removeMember": limitSettings,
	"DELETE /api/channels/{id}/participants/{userId}": limitSettings,
	"setMemberRole": limitSettings,
	"PUT /api/channels/{id}/participants/{userId}": limitSettings,
	"updateChannel":                limitSettings,
	"PUT /api/channels/{id}":       limitSettings,
	"DELETE /api/channels/{id}":    limitSettings,
	"pinMessage":                   limitSettings,
	"POST /api/channels/{id}/pins": limitSettings,
}

// Limits are how often one may do what. What is not in it is not limited.
type Limits map[limitName]rate.Limit

// LimitConfig is what of the limits can be set.
type LimitConfig struct {
	MessagesPerSecond  int
	MessageBurst       int
	ConnectsPerAddress int // a minute, of those that bring no good token
}

// inCommon are the limits that count on all nodes together, since what is over is felt by others. A node that cannot ask
// the others counts by itself, and so does each for what is limited only to spare itself.
var inCommon = map[limitName]bool{limitMessages: true, limitCalls: true}

// commonTime is how long anybody waits for what other nodes have counted.
const commonTime = 50 * time.Millisecond

// NewLimits returns the limits of a server.
func NewLimits(cfg LimitConfig) Limits {
	return Limits{
		limitMessages:  {PerSecond: float64(cfg.MessagesPerSecond), Burst: cfg.MessageBurst},
		limitRepeats:   {PerSecond: 5, Burst: 50},
		limitEdits:     {PerSecond: 1, Burst: 5},
		limitReactions: {PerSecond: 5, Burst: 10},
		limitPeople:    {PerSecond: 5, Burst: 20},
		limitSearch:    {PerSecond: 1, Burst: 5},
		limitSuggest:   {PerSecond: 5, Burst: 20},
		limitTyping:    {PerSecond: 0.5, Burst: 10},
		limitReports:   rate.Every(time.Minute, 10),
		limitCalls:     rate.Every(time.Minute, 6),
		limitOffers:    {PerSecond: 2, Burst: 20}, // an offer can have 200 sections; clients that heal make one in 5 s
		limitPatches:   {PerSecond: 5, Burst: 50},
		limitChannels:  rate.Every(time.Minute, 30),
		limitMembers:   {PerSecond: 1, Burst: 10},
		limitSettings:  {PerSecond: 1, Burst: 20},
		limitEvents:    {PerSecond: 100, Burst: 500},
		limitPaths:     {PerSecond: 50, Burst: 200},
		limitConnects:  rate.Every(time.Minute, 20),
		limitAddresses: rate.Every(time.Minute, cfg.ConnectsPerAddress),
	}
}

type limitKey struct {
	of   string // a user or an address
	name limitName
}

// limiter holds what everybody has used of the limits.
type limiter struct {
	limits  Limits
	buckets rate.Buckets[limitKey]
	shared  rate.Shared // nil for one node alone
	sent    sent
}

// take notes that somebody does something, unless it is too often.
func (l *limiter) take(of string, name limitName) error {
	wait := l.buckets.Take(limitKey{of, name}, l.limits[name], time.Now())
	if wait == 0 && l.shared != nil && inCommon[name] && l.limits[name].Burst > 0 {
		wait = l.takeInCommon(of, name)
	}
	if wait > 0 {
		return fault.New(fault.RateLimited, "rate_limited", "That was too much at once. Try again in a moment.").After(wait)
	}
	return nil
}

// takeInCommon takes what was taken here from what all nodes count, too. When that is too much, it was not taken here either.
func (l *limiter) takeInCommon(of string, name limitName) time.Duration {
	ctx, cancel := context.WithTimeout(context.Background(), commonTime)
	defer cancel()
	wait, err := l.shared.Take(ctx, string(name)+":"+of, l.limits[name])
	if err != nil {
		return 0
	}
	if wait > 0 {
		l.buckets.Return(limitKey{of, name}, time.Now())
	}
	return wait
}

// takeEvent decides on an event or a path. A message that was let through before comes through again: whoever lost the
// answer to it must get that answer, not another one. clientID is asked for only when it matters.
func (l *limiter) takeEvent(userID string, total limitName, what string, clientID func() string) error {
	if err := l.take(userID, total); err != nil {
		return err
	}
	name, ok := limited[what]
	if !ok {
		return nil
	}
	err := l.take(userID, name)
	if err != nil && name == limitMessages && l.sent.has(sentKey{userID, clientID()}) {
		return l.take(userID, limitRepeats)
	}
	return err
}

// clientIDOf finds the clientId in a send.
func clientIDOf(arg json.RawMessage) string {
	var send struct {
		ClientID string `json:"clientId"`
	}
	_ = json.Unmarshal(arg, &send) // what is no JSON has none, and is refused either way
	return send.ClientID
}

// takePath decides on a REST request.
func (s *Server) takePath(r *http.Request, who auth.Identity) error {
	return s.limiter.takeEvent(who.UserID, limitPaths, r.Pattern, func() string {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return ""
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		return clientIDOf(body)
	})
}

// limitConnects lets an address open only so many sockets in a minute. One that brings a good token gives its place back
// (authenticate), so that a whole company behind one address can come back at once.
func (s *Server) limitConnects(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !r.URL.Query().Has("sid") {
			if err := s.limiter.take(addressKey(s.proxies.remoteAddr(r)), limitAddresses); err != nil {
				s.fail(w, r, err)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// addressKey is what an address is counted as: of IPv6, what one customer is given.
func addressKey(addr netip.Addr) string {
	if addr.Is6() {
		prefix, _ := addr.WithZone("").Prefix(64)
		return prefix.String()
	}
	return addr.String()
}

// sent remembers which messages were let through, at least the last maxSent of them.
type sent struct {
	mu         sync.Mutex
	fresh, old map[sentKey]struct{} // guarded by mu
}

type sentKey struct{ userID, clientID string }

const maxSent = 10_000

func (s *sent) note(k sentKey) {
	if k.clientID == "" || len(k.clientID) > 64 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fresh == nil || len(s.fresh) >= maxSent {
		s.old, s.fresh = s.fresh, make(map[sentKey]struct{})
	}
	s.fresh[k] = struct{}{}
}

func (s *sent) has(k sentKey) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, fresh := s.fresh[k]
	_, old := s.old[k]
	return fresh || old
}
