package loadtest

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/pion/stun/v3"
)

// The client is a full ICE agent, RFC 8445, and always controlling, as the server is lite: a binding request with
// USE-CANDIDATE that is answered is the whole of it. The same request again and again is the proof of consent (RFC 7675).

const (
	checkEvery   = 100 * time.Millisecond
	checkFor     = 3 * time.Second
	consentEvery = 2500 * time.Millisecond
)

// credentials are one side's of ICE.
type credentials struct{ ufrag, password string }

func newCredentials() credentials { return credentials{rand.Text()[:8], rand.Text()} }

// agent makes requests and recognizes their answers.
type agent struct {
	userName   stun.Username
	key        stun.MessageIntegrity // the server's password
	tieBreaker [8]byte
	answered   chan struct{} // one element: there was an answer

	// owned by the loop
	answer stun.Message
}

func (a *agent) init(local, remote credentials) {
	a.userName = stun.NewUsername(remote.ufrag + ":" + local.ufrag)
	a.key = stun.NewShortTermIntegrity(remote.password)
	_, _ = rand.Read(a.tieBreaker[:]) // never fails
	a.answered = make(chan struct{}, 1)
}

type attribute struct {
	kind  stun.AttrType
	value []byte
}

// AddTo implements stun.Setter.
func (a attribute) AddTo(m *stun.Message) error { m.Add(a.kind, a.value); return nil }

// priority of a peer-reflexive candidate, RFC 8445 section 5.1.2.1.
var priority = binary.BigEndian.AppendUint32(nil, 110<<24|65535<<8|255)

func (a *agent) request() (*stun.Message, error) {
	m, err := stun.Build(stun.TransactionID, stun.BindingRequest, a.userName,
		attribute{stun.AttrPriority, priority},
		attribute{stun.AttrICEControlling, a.tieBreaker[:]},
		attribute{stun.AttrUseCandidate, nil},
		a.key, stun.Fingerprint)
	if err != nil {
		return nil, fmt.Errorf("make a binding request: %w", err)
	}
	return m, nil
}

// receive takes what looks like STUN. Only an answer that knows the password counts.
func (a *agent) receive(data []byte) {
	if _, err := a.answer.Write(data); err != nil || a.answer.Type != stun.BindingSuccess || a.key.Check(&a.answer) != nil {
		return
	}
	select {
	case a.answered <- struct{}{}:
	default:
	}
}

// check sends requests until one is answered.
func (a *agent) check(ctx context.Context, send func([]byte) error) error {
	ctx, cancel := context.WithTimeout(ctx, checkFor)
	defer cancel()
	again := time.NewTicker(checkEvery)
	defer again.Stop()
	for {
		m, err := a.request()
		if err != nil {
			return err
		}
		if err := send(m.Raw); err != nil {
			return fmt.Errorf("send a binding request: %w", err)
		}
		select {
		case <-a.answered:
			return nil
		case <-again.C:
		case <-ctx.Done():
			return errors.New("the server's media port does not answer connectivity checks")
		}
	}
}

// consent keeps the connection alive.
type consent struct{ c *client }

func (t consent) run(_ *loop, due time.Duration) time.Duration {
	if m, err := t.c.agent.request(); err == nil {
		_ = t.c.socket.send(m.Raw)
	}
	return due + consentEvery
}
