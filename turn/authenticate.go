package turn

import (
	"errors"
	"time"

	"github.com/pion/stun/v3"
)

// authentic is a request whose signature holds.
type authentic struct {
	holder     holder
	made       time.Time // when its credentials were issued
	key        stun.MessageIntegrity
	attributes stun.Attributes // those that are signed
}

// authenticate answers what does not pass.
func (s *Server) authenticate(from source, m *stun.Message) (authentic, bool) {
	now := s.cfg.Now()
	attributes, ok := signed(m)
	if !ok {
		s.challenge(from, m, stun.CodeUnauthorized, dropUnauthenticated)
		return authentic{}, false
	}
	nonce, hasNonce := attributes.Get(stun.AttrNonce)
	if !hasNonce || !s.nonces.valid(nonce.Value, from.client, from.stream != nil, now) {
		s.challenge(from, m, stun.CodeStaleNonce, dropStaleNonce)
		return authentic{}, false
	}
	s.budget.know(from.client.Addr(), now) // it has received the nonce
	name, _ := attributes.Get(stun.AttrUsername)
	realm, _ := attributes.Get(stun.AttrRealm)
	who, made, key, err := s.issuer.check(string(name.Value), now)
	if err == nil && (string(realm.Value) != s.cfg.Realm || stun.MessageIntegrity(key).Check(m) != nil) {
		err = errUnknown
	}
	if err != nil {
		s.challenge(from, m, stun.CodeUnauthorized, dropOf(err))
		return authentic{}, false
	}
	return authentic{holder: who, made: made, key: key, attributes: attributes}, true
}

func dropOf(err error) dropReason {
	switch {
	case errors.Is(err, errExpired):
		return dropExpired
	case errors.Is(err, errRevoked):
		return dropRevoked
	}
	return dropBadCredentials
}

// challenge tells a client how to sign. Everything in it is as short as can be: no reason phrase, no SOFTWARE.
func (s *Server) challenge(from source, m *stun.Message, code stun.ErrorCode, why dropReason) {
	s.counters.drop(why)
	response := stun.New()
	response.TransactionID = m.TransactionID
	response.Type = stun.NewType(m.Type.Method, stun.ClassErrorResponse)
	response.WriteHeader()
	response.Add(stun.AttrErrorCode, []byte{0, 0, byte(code / 100), byte(code % 100)})
	response.Add(stun.AttrRealm, []byte(s.cfg.Realm))
	response.Add(stun.AttrNonce, []byte(s.nonces.make(from.client, from.stream != nil, s.cfg.Now())))
	s.answerStranger(from, len(m.Raw), response.Raw)
}

// answerStranger sends what the budget allows. A stream's client has shown that it receives, but not what it is.
func (s *Server) answerStranger(from source, in int, response []byte) {
	now := s.cfg.Now()
	if from.stream != nil {
		s.budget.know(from.client.Addr(), now)
	}
	switch s.budget.ask(from.client.Addr(), in, len(response), now) {
	case tooLarge:
		s.counters.drop(dropAmplification)
	case tooMany:
		s.counters.drop(dropRate)
	default:
		s.counters.strangers.Add(1)
		s.counters.strangerBytes.Add(uint64(len(response)))
		_ = s.send(from, response)
	}
}
