package loadtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/digierapro/parley/internal/sioclient"
)

const (
	socketPath  = "/api/socket/io"
	generalPath = "/api/channels/general"
	maxBody     = 1 << 20
)

// Call is a call of the test's own on a Parley server, in its general channel. Nobody is rung.
type Call struct {
	url    string
	tokens func(i int) (string, error)
	id     string

	mu    sync.Mutex
	seats []*seat
}

// StartCall connects the first user and starts the call. tokens gives the token of the i-th user: a user cannot have more
// than a few seats, so each participant is one. Close ends it.
func StartCall(ctx context.Context, url string, voice bool, tokens func(i int) (string, error)) (*Call, error) {
	c := &Call{url: strings.TrimSuffix(url, "/"), tokens: tokens}
	s, err := c.connect(ctx, 0)
	if err != nil {
		return nil, err
	}
	if err := c.start(ctx, s, voice); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func (c *Call) start(ctx context.Context, s *seat, voice bool) error {
	channelID, err := c.generalChannel(ctx)
	if err != nil {
		return err
	}
	callType := "video"
	if voice {
		callType = "voice"
	}
	var started struct {
		CallID   string `json:"callId"`
		Existing bool   `json:"existing"`
	}
	err = s.socket.Request(ctx, "initiateCall", map[string]any{
		"channelId": channelID, "callType": callType, "participantIds": []string{s.userID},
	}, &started)
	if err != nil {
		return fmt.Errorf("start a call: %w", err)
	}
	if started.Existing {
		return errors.New("a call is going on in the general channel; the test wants one of its own")
	}
	c.id = started.CallID
	return nil
}

func (c *Call) generalChannel(ctx context.Context) (id string, err error) {
	token, err := c.tokens(0)
	if err != nil {
		return "", err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url+generalPath, nil)
	if err != nil {
		return "", fmt.Errorf("find the general channel: %w", err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", fmt.Errorf("find the general channel: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	var body struct {
		Error string `json:"error"`
		Data  struct {
			Channel struct {
				ID string `json:"_id"`
			} `json:"channel"`
		} `json:"data"`
	}
	err = json.NewDecoder(io.LimitReader(response.Body, maxBody)).Decode(&body)
	switch {
	case err != nil:
		return "", fmt.Errorf("find the general channel: %s: %w", response.Status, err)
	case body.Data.Channel.ID == "":
		return "", fmt.Errorf("find the general channel: %s: %s", response.Status, body.Error)
	}
	return body.Data.Channel.ID, nil
}

// connect opens the socket of the i-th user and waits until it may be used.
func (c *Call) connect(ctx context.Context, i int) (*seat, error) {
	token, err := c.tokens(i)
	if err != nil {
		return nil, err
	}
	s := &seat{call: c}
	ready := make(chan string, 1)
	s.socket, err = sioclient.Dial(ctx, c.url+socketPath, sioclient.Options{Token: token, OnPush: func(p sioclient.Push) {
		if p.Name != "ready" {
			return
		}
		var payload struct {
			User struct {
				ID string `json:"_id"`
			} `json:"user"`
		}
		if json.Unmarshal(p.Data, &payload) == nil {
			select {
			case ready <- payload.User.ID:
			default: // connected again
			}
		}
	}})
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", c.url, err)
	}
	c.mu.Lock()
	c.seats = append(c.seats, s)
	c.mu.Unlock()
	select {
	case s.userID = <-ready:
		return s, nil
	case <-s.socket.Done():
		return nil, errors.New("the server closed the socket before it was ready")
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// Take is a Taker.
func (c *Call) Take(ctx context.Context, i int) (Seat, error) {
	s, err := c.seatOf(ctx, i)
	if err != nil {
		return nil, err
	}
	var joined struct {
		ParticipantID string `json:"participantId"`
	}
	if err := s.socket.Request(ctx, "joinCall", map[string]string{"callId": c.id}, &joined); err != nil {
		return nil, fmt.Errorf("join the call: %w", err)
	}
	s.participantID = joined.ParticipantID
	return s, nil
}

// seatOf is the socket that started the call, for the first user, or a new one.
func (c *Call) seatOf(ctx context.Context, i int) (*seat, error) {
	if i > 0 {
		return c.connect(ctx, i)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.seats[0], nil
}

// Close closes the sockets. With them the seats that were not left are given up.
func (c *Call) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.seats {
		s.socket.Close()
	}
	c.seats = nil
}

// seat is a Seat by way of a socket.
type seat struct {
	call          *Call
	socket        *sioclient.Client
	userID        string
	participantID string
}

func (s *seat) ID() string { return s.participantID }

func (s *seat) Offer(ctx context.Context, sdp string, tracks []Track) (string, error) {
	var answer struct {
		SDP string `json:"sdp"`
	}
	err := s.socket.Request(ctx, "webrtc:offer", map[string]any{
		"callId": s.call.id, "type": "offer", "sdp": sdp, "tracks": append([]Track{}, tracks...),
	}, &answer)
	return answer.SDP, err
}

func (s *seat) SetView(ctx context.Context, participants []string, size Size) error {
	type view struct {
		ParticipantID string `json:"participantId"`
		Source        string `json:"source"`
		Width         int    `json:"width"`
		Height        int    `json:"height"`
	}
	views := make([]view, 0, len(participants))
	for _, p := range participants {
		views = append(views, view{p, "camera", size.Width, size.Height})
	}
	return s.socket.Request(ctx, "setView", map[string]any{"callId": s.call.id, "views": views}, nil)
}

// leaveOneFor is how long one participant waits for the server's word that it has left.
const leaveOneFor = 5 * time.Second

func (s *seat) Leave(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, leaveOneFor)
	defer cancel()
	return s.socket.Request(ctx, "leaveCall", map[string]string{"callId": s.call.id}, nil)
}
