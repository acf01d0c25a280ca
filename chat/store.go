package chat

import (
	"context"

	"github.com/digierapro/parley/internal/fault"
)

// Store is where channels and messages are kept. What it has acknowledged survives a crash.
//
// Errors: ErrNoChannel, ErrNoMessage, ErrNoUser and ErrReusedClientID as named at the methods; a database that cannot be
// reached is a fault of kind Unavailable; anything else is a defect.
type Store interface {
	MessageStore
	ReadingStore
	MemberStore
	ScheduleStore
	SearchStore
	DirectoryStore
	ModerationStore

	// Epoch names this database since it was initialised or last restored. Another epoch makes every counter a client
	// remembers meaningless.
	Epoch(ctx context.Context) (string, error)

	// UpsertUser records a user as their token describes them and keeps rule-made memberships true: an internal user is
	// in the general channel and in those of projects that name them, anyone else in no internal channel. Whom it made members
	// is to be told; of those who come at the same time it may be told to one.
	UpsertUser(ctx context.Context, u User) (Recorded, error)
	// Expel takes a user out of all internal channels but direct messages; nearly always there is nothing to do.
	Expel(ctx context.Context, userID string) ([]ChannelOutcome, []ChannelTurned, error)
	// Users lists users whose name contains search, in order of name.
	Users(ctx context.Context, search string, limit int) ([]User, error)
	// User returns one user, or ErrNoUser.
	User(ctx context.Context, userID string) (User, error)

	// Channels lists the channels the user is a member of, the last active first, archived ones left out.
	Channels(ctx context.Context, userID string) ([]Channel, error)
	// Access returns a channel with the user's membership in it: nil when they are no member. ErrNoChannel when there is
	// no such channel. Participants are filled in for a DM.
	Access(ctx context.Context, channelID, userID string) (Channel, *Member, error)
	// Speaker is Access for a message, which is asked for more often than all else: of the channel it gives only the id, the
	// type and the settings, and of the member what decides.
	Speaker(ctx context.Context, channelID, userID string) (Channel, *Member, error)
	// GeneralChannelID names the one general channel, which the first migration made.
	GeneralChannelID(ctx context.Context) (string, error)
	// OpenDM returns the DM of two different users and makes it with newID if there is none; two calls at once make one.
	// It is internal unless one of them is not. ErrNoUser when either is unknown.
	OpenDM(ctx context.Context, newID, creatorID, otherID string) (ch Channel, created bool, err error)
	// MemberIDs lists the users of a channel, at most limit.
	MemberIDs(ctx context.Context, channelID string, limit int) ([]string, error)

	// Append writes a message and its change in one transaction and numbers both. A second Append with the same sender
	// and ClientID writes nothing and returns what the first one wrote, as a Duplicate; with another channel, thread, quote
	// or text it is ErrReusedClientID. Commit order is the order of numbers, so no reader sees 7 before 6. Whoever writes in
	// the channel itself, and now, has then read it up to here; a reply is counted in its thread, which its sender, the
	// root's sender and whom the reply mentions then follow. ErrNoMessage when there is no message (any more) to reply to.
	Append(ctx context.Context, d Draft) (Appended, error)
	// Earlier returns what an Append with the same sender and ClientID wrote, as another Append would; ErrNoMessage when there
	// was none.
	Earlier(ctx context.Context, d Draft) (Appended, error)
	// AppendUsual is Append for a message that is in no thread, names nobody and quotes nothing, on a condition that it
	// checks itself: the channel and the membership are as usualPlace says, and it was not sent before. Otherwise it writes
	// nothing and returns ErrNotUsual.
	AppendUsual(ctx context.Context, d Draft) (Appended, error)
	// History returns up to limit messages of a channel, oldest first: those before (exclusive; 0 for the newest) or,
	// when after is not negative, those after it (exclusive); hasMore says whether there are more in that direction.
	// eventSeq is the channel's last change, read no later than the messages.
	History(ctx context.Context, q HistoryQuery) (page Page, err error)
	// SeqOf gives the number of a message of the channel; 0 when there is none with that id.
	SeqOf(ctx context.Context, channelID, messageID string) (int64, error)

	// EventSeqs gives the last change of every channel that the user is a member of; without internal, of those that are not.
	EventSeqs(ctx context.Context, userID string, internal bool) (map[string]int64, error)
	// Positions gives the last change of each of the channels.
	Positions(ctx context.Context, channelIDs []string) (map[string]int64, error)
	// Memberships gives the channels that each of some users is in, and whether those are internal.
	Memberships(ctx context.Context, userIDs []string) (map[string]map[string]bool, error)
	// ActiveMembers gives, by channel, those of some users who are in it and are not deactivated.
	ActiveMembers(ctx context.Context, channelIDs, userIDs []string) (map[string][]string, error)
	// Changes returns, for each channel, all changes after its cursor in order, at most limit of them and size bytes of
	// their Data over all channels together: a channel that would go over that, or whose changes are no longer all
	// kept, is left out of the answer. The channels that miss the least come first.
	Changes(ctx context.Context, cursors map[string]int64, limit, size int) (map[string][]Change, error)
}

// Draft is a checked message on its way into the store.
type Draft struct {
	ID              string
	ChannelID       string
	ParentID        string // of a reply
	Sender          Person
	SenderModel     string
	ClientID        string
	Said            string // the text as its sender handed it in, before it was filtered; empty for what nobody said
	Body            string
	Type            MessageType
	Mentions        []string // members of the channel
	MentionsChannel bool
	QuoteID         string // as its sender named it
	Quote           *Quote
	System          *SystemNote
	Absent          bool // it was scheduled: its sender may look elsewhere
}

// Appended is a message as it was written.
type Appended struct {
	Message   Message
	EventSeq  int64
	Duplicate bool // it had been written before, by an earlier Append
}

// HistoryQuery asks for a page of a channel's messages.
type HistoryQuery struct {
	ChannelID string
	Before    int64 // a seq; 0 for the newest
	After     int64 // a seq; negative for none
	Limit     int
}

// Page is a run of messages, oldest first.
type Page struct {
	Messages []Message `json:"messages"`
	HasMore  bool      `json:"hasMore"`
	EventSeq int64     `json:"eventSeq"`
}

// What a Store answers besides its results.
var (
	ErrNoChannel      = fault.New(fault.NotFound, "channel_not_found", "There is no such channel.")
	ErrNoMessage      = fault.New(fault.NotFound, "message_not_found", "There is no such message.")
	ErrNoUser         = fault.New(fault.NotFound, "user_not_found", "There is no such person.")
	ErrReusedClientID = fault.New(fault.Conflict, "client_id_reused", "This clientId was already used for another message.")
)

// Recorded is what came of recording a user.
type Recorded struct {
	Joined        []MembersAdded
	PersonChanged bool // there are ChangedPeople after those of before

	Turned []ChannelTurned // direct messages
}
