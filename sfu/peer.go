package sfu

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"

	"github.com/digierapro/parley/internal/fault"
	"github.com/digierapro/parley/sfu/layer"
	"github.com/digierapro/parley/sfu/transport"
)

// Peer is one client in a room: what it publishes and the slots it receives with. Its exported methods are safe for
// concurrent use; the transport calls its Handle methods.
type Peer struct {
	// static
	id     string
	room   *Room
	server *Server
	conn   conn
	seat   uint32 // CSRC of its packets
	joined uint64 // grows from peer to peer of its room
	mail   mailbox
	clock  senderClock

	references references

	// replaced as wholes under room.mu, read by anyone
	routing atomic.Pointer[routing]
	slots   atomic.Pointer[slotTable]

	rtt         atomic.Int64 // to the client; 0 when not known
	estimate    atomic.Int64 // bit/s that it can receive; 0 when not known
	connected   atomic.Bool  // the transport has been connected: what is forwarded arrives
	interrupted atomic.Bool  // and nothing is heard of it now

	// owned by the read loop, which also calls HandleRTCP
	demux  demux
	packet Packet   // handed to sinks
	rtpOut outgoing // for what is forwarded
	rtxOut outgoing // for what is sent again to this peer
	blocks []rtcp.ReceptionReport
	spare  allowance // for that

	ascent ascent // what is known of the way from the client

	// owned by the ticker
	ticks peerTicks

	// offerMu serializes offers
	offerMu sync.Mutex

	// guarded by room.mu
	closed bool
	views  []View
	sizes  map[trackKey]viewed // of the views; nil until SetViews was called
	muted  map[Source]bool
	lineup lineup
}

// View asks for one publication's video at a size in pixels.
type View struct {
	PeerID        string
	Source        Source
	Width, Height int
}

func (v View) key() trackKey { return trackKey{v.PeerID, v.Source} }

func (v View) size() layer.View { return layer.View{Width: v.Width, Height: v.Height} }

const (
	maxViews    = 200
	maxViewSide = 1 << 14
)

func newPeer(r *Room, id string, seat uint32, ob Observer) *Peer {
	p := &Peer{id: id, room: r, server: r.server, seat: seat, muted: make(map[Source]bool)}
	p.mail = mailbox{observer: ob, start: r.server.start}
	p.routing.Store(&routing{})
	p.slots.Store(&slotTable{})
	p.demux.streams = make(map[uint32]*inboundStream)
	p.packet.out = &p.rtpOut
	return p
}

// ID is the participant id given to Join.
func (p *Peer) ID() string { return p.id }

// RTT is the round-trip time to the client by its last report; 0 when not known.
func (p *Peer) RTT() time.Duration { return time.Duration(p.rtt.Load()) }

// AddCandidate adds one of the client's ICE candidates, as it stands in a candidate attribute.
func (p *Peer) AddCandidate(candidate string) error { return p.conn.AddCandidate(candidate) }

// SetViews says what the client shows and how large, most wanted first. From then on video that is not listed is not
// sent; audio is not governed by views. Entries that name nobody, or nobody yet, count when they come.
func (p *Peer) SetViews(views []View) error {
	if len(views) > maxViews {
		return fault.Newf(fault.TooLarge, "too_many_views", "At most %d views can be set.", maxViews)
	}
	for _, v := range views {
		if v.Source.Kind() != transport.Video || v.Width < 0 || v.Height < 0 || v.Width > maxViewSide || v.Height > maxViewSide {
			return fault.Newf(fault.Invalid, "invalid_view", "A view names a camera or a screen and a size of 0 to %d pixels.", maxViewSide)
		}
	}
	return p.room.setViews(p, views)
}

// SetMuted stops and resumes the forwarding of a source, whoever asked for it; its slots stay.
func (p *Peer) SetMuted(source Source, muted bool) { p.room.setMuted(p, source, muted) }

// Close takes the peer out of its room and ends its transport. More calls do nothing.
func (p *Peer) Close() { p.room.leave(p) }

// HandleState implements transport.Handler. Slots begin when the client can receive, lest key frames go nowhere.
func (p *Peer) HandleState(s transport.State) {
	p.mail.postState(s)
	p.interrupted.Store(s == transport.Interrupted)
	if s == transport.Connected && !p.connected.Swap(true) {
		now := p.server.now()
		for _, slot := range p.slots.Load().list {
			slot.retarget(now)
		}
	}
}
