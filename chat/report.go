package chat

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/bus"
	"github.com/digierapro/parley/internal/fault"
	"github.com/digierapro/parley/internal/id"
)

// ReportStatus says what became of a report.
type ReportStatus string

// Statuses of a report.
const (
	ReportOpen      ReportStatus = "open"
	ReportResolved  ReportStatus = "resolved"
	ReportDismissed ReportStatus = "dismissed"
)

// Reasons of a report.
var reportReasons = []string{"spam", "harassment", "inappropriate", "confidential", "other"}

// reasonFilter is that of a message in which the word filter found something.
const reasonFilter = "word_filter"

const (
	maxReportDetails = 1000 // characters
	maxReportPage    = 50
	reportContext    = 3 // messages before and after one that was reported in a DM
)

// Refusals about reports.
var (
	ErrNoReport       = fault.New(fault.NotFound, "report_not_found", "There is no such report.")
	ErrReportedBefore = fault.New(fault.Conflict, "already_reported", "You have reported this message already.")
	ErrReportClosed   = fault.New(fault.Conflict, "report_closed", "Somebody has decided on this report already.")
)

// Report is a message that somebody shows to those who moderate.
type Report struct {
	ID         string       `json:"_id"`
	ChannelID  string       `json:"channelId"`
	Channel    ReportPlace  `json:"channel"`
	MessageID  string       `json:"messageId"`
	Sender     Person       `json:"senderId"`
	Body       string       `json:"message"`      // what it said when it was reported
	Deleted    bool         `json:"isDeleted"`    // the message has lost its words since
	ReporterID string       `json:"reporterId"`   // empty for the word filter
	Reporter   string       `json:"reporterName"` // empty for the word filter
	Reason     string       `json:"reason"`
	Details    string       `json:"details"`
	Status     ReportStatus `json:"status"`
	Action     string       `json:"action,omitempty"` // what was done
	Note       string       `json:"note,omitempty"`
	ResolvedBy string       `json:"resolvedBy,omitempty"`
	ResolvedAt *time.Time   `json:"resolvedAt,omitempty"`
	CreatedAt  time.Time    `json:"createdAt"`
}

// ReportPlace is what a report shows of its channel.
type ReportPlace struct {
	Name string      `json:"name"`
	Type ChannelType `json:"channelType"`
}

// ReportPush tells those who moderate that there is a report, or that one was decided. It holds nothing of the message.
type ReportPush struct {
	ReportID  string       `json:"reportId"`
	ChannelID string       `json:"channelId"`
	Status    ReportStatus `json:"status"`
}

// ReportRequest shows a message to those who moderate.
type ReportRequest struct {
	MessageID string `json:"messageId"`
	Reason    string `json:"reason"`
	Details   string `json:"details"`
}

// ReportMessage shows another's message to the channel's moderators and the company's admins.
func (s *Service) ReportMessage(ctx context.Context, who auth.Identity, r ReportRequest) (ReportPush, error) {
	r.Details = strings.TrimSpace(r.Details)
	if !slices.Contains(reportReasons, r.Reason) {
		return ReportPush{}, fault.New(fault.Invalid, "bad_request", "reason is one of "+strings.Join(reportReasons, ", ")+".").With("field", "reason")
	}
	if utf8.RuneCountInString(r.Details) > maxReportDetails || !storable(r.Details) {
		return ReportPush{}, fault.Newf(fault.Invalid, "bad_request", "details are at most %d characters.", maxReportDetails).With("field", "details")
	}
	p, err := s.message(ctx, who, Read, r.MessageID)
	if err != nil {
		return ReportPush{}, err
	}
	switch {
	case p.Message.Deleted:
		return ReportPush{}, ErrDeleted
	case p.Message.Sender.ID == who.UserID || p.Message.Type == System:
		return ReportPush{}, fault.New(fault.Invalid, "bad_request", "Only messages of others are reported.").With("field", "messageId")
	}
	return s.report(ctx, p.Message, Report{ReporterID: who.UserID, Reason: r.Reason, Details: r.Details})
}

// report files a report and tells those who moderate.
func (s *Service) report(ctx context.Context, m Message, r Report) (ReportPush, error) {
	r.ID, r.MessageID, r.ChannelID, r.Body = id.New(), m.ID, m.ChannelID, m.Body
	if err := s.store.AddReport(ctx, r); err != nil {
		return ReportPush{}, err
	}
	push := ReportPush{ReportID: r.ID, ChannelID: r.ChannelID, Status: ReportOpen}
	s.tellModerators(ctx, m.Sender.ID, push)
	return push, nil
}

// flag files what the word filter found. The message is written, so a failure is only logged.
func (s *Service) flag(ctx context.Context, m Message) {
	_, err := s.report(context.WithoutCancel(ctx), m, Report{Reason: reasonFilter})
	if err != nil && fault.KindOf(err) != fault.Conflict {
		s.log.Warn("a message that the word filter flagged was not reported", "message", m.ID, "error", err)
	}
}

// tellModerators tells everybody who may decide on a report: not the one whose message it is about.
func (s *Service) tellModerators(ctx context.Context, senderID string, push ReportPush) {
	ids, err := s.store.Moderators(context.WithoutCancel(ctx), push.ChannelID)
	if err != nil {
		s.log.Warn("moderators were not told of a report", "report", push.ReportID, "error", err)
	}
	for _, userID := range ids {
		if userID != senderID {
			s.publish(ctx, bus.User(userID), EventReportUpdated, push)
		}
	}
}

// ReportQuery asks for a page of reports: those that its user may decide on, which Admin makes all.
type ReportQuery struct {
	UserID    string
	Admin     bool
	ChannelID string
	Status    ReportStatus
	Before    string // a report's id
	Limit     int
}

// Reports lists reports, the latest first: for the company's admins all, for who moderates channels those from there. Nobody
// sees those about their own messages. What the word filter found in a DM is shown without its words.
func (s *Service) Reports(ctx context.Context, who auth.Identity, q ReportQuery) (reports []Report, hasMore bool, err error) {
	if q.Status != "" && q.Status != ReportOpen && q.Status != ReportResolved && q.Status != ReportDismissed {
		return nil, false, fault.New(fault.Invalid, "bad_request", "status is open, resolved or dismissed.").With("field", "status")
	}
	if !who.Internal || (q.ChannelID != "" && !id.Valid(q.ChannelID)) || (q.Before != "" && !id.Valid(q.Before)) {
		return []Report{}, false, nil
	}
	if q.Limit <= 0 || q.Limit > maxReportPage {
		q.Limit = maxReportPage
	}
	q.UserID, q.Admin = who.UserID, companyAdmin(who)
	if reports, hasMore, err = s.store.Reports(ctx, q); err != nil {
		return nil, false, err
	}
	for i := range reports {
		reports[i].hide()
	}
	return reports, hasMore, nil
}

// hide takes away what nobody reported: the words of a DM in which only the filter found something.
func (r *Report) hide() {
	if r.Channel.Type == DM && r.ReporterID == "" {
		r.Body = ""
	}
}

// judged returns a report that the user may decide on.
func (s *Service) judged(ctx context.Context, who auth.Identity, reportID string) (Report, error) {
	if !id.Valid(reportID) {
		return Report{}, ErrNoReport
	}
	r, mine, err := s.store.Report(ctx, reportID, who.UserID)
	switch {
	case err != nil:
		return Report{}, err
	case r.Sender.ID == who.UserID, !mine && !companyAdmin(who), !who.Internal:
		return Report{}, ErrNoReport
	}
	return r, nil
}

// ReportView is a report, and of a DM a few messages around it.
type ReportView struct {
	Report  Report    `json:"report"`
	Context []Message `json:"context"`
}

// Report returns one report. Of a DM that one of its people has reported, a few messages around it come with it, and that
// is logged before.
func (s *Service) Report(ctx context.Context, who auth.Identity, reportID string) (ReportView, error) {
	r, err := s.judged(ctx, who, reportID)
	if err != nil {
		return ReportView{}, err
	}
	view := ReportView{Report: r, Context: []Message{}}
	view.Report.hide()
	if r.Channel.Type != DM || r.ReporterID == "" {
		return view, nil
	}
	entry := AuditEntry{ActorID: who.UserID, Action: AuditReportRead, ChannelID: r.ChannelID, UserID: r.Sender.ID, MessageID: r.MessageID,
		Details: map[string]any{"reportId": r.ID}}
	if err := s.store.Audit(ctx, entry); err != nil {
		return ReportView{}, err
	}
	page, err := s.around(ctx, HistoryQuery{ChannelID: r.ChannelID, After: -1, Limit: 2*reportContext + 1}, r.MessageID)
	view.Context = page.Messages
	return view, err
}

// DecideRequest decides on a report.
type DecideRequest struct {
	ReportID string       `json:"reportId"`
	Status   ReportStatus `json:"status"`  // resolved or dismissed
	Action   string       `json:"action"`  // with resolved: delete_message, silence_member, or empty
	Seconds  int          `json:"seconds"` // of the silence
	Note     string       `json:"note"`
}

// What may be done about a report.
const (
	DeleteReported  = "delete_message"
	SilenceReported = "silence_member"
)

func (r *DecideRequest) check() error {
	bad := func(field, sentence string) error {
		return fault.New(fault.Invalid, "bad_request", sentence).With("field", field)
	}
	r.Note = strings.TrimSpace(r.Note)
	switch {
	case r.Status != ReportResolved && r.Status != ReportDismissed:
		return bad("status", "status is resolved or dismissed.")
	case r.Action != "" && (r.Status == ReportDismissed || (r.Action != DeleteReported && r.Action != SilenceReported)):
		return bad("action", "action is delete_message or silence_member, of a report that is resolved.")
	case r.Action == SilenceReported && (r.Seconds <= 0 || r.Seconds > int(maxSilence/time.Second)):
		return bad("seconds", "A member is silenced for at most a year.")
	case utf8.RuneCountInString(r.Note) > maxReportDetails || !storable(r.Note):
		return bad("note", "A note is at most 1000 characters.")
	}
	return nil
}

// DecideReport decides on a report, and with it on all others that are open about the same message. What is to be done is
// done first, so that a decision that is noted holds; done again, it changes nothing.
func (s *Service) DecideReport(ctx context.Context, who auth.Identity, r DecideRequest) (ReportPush, error) {
	if err := r.check(); err != nil {
		return ReportPush{}, err
	}
	report, err := s.judged(ctx, who, r.ReportID)
	if err != nil {
		return ReportPush{}, err
	}
	if report.Status != ReportOpen {
		return ReportPush{}, ErrReportClosed
	}
	if err := s.actOn(ctx, who, report, r); err != nil {
		return ReportPush{}, err
	}
	entry := AuditEntry{ActorID: who.UserID, Action: AuditReportResolved, ChannelID: report.ChannelID, UserID: report.Sender.ID, MessageID: report.MessageID,
		Details: map[string]any{"reportId": report.ID, "action": r.Action, "note": r.Note}}
	if r.Status == ReportDismissed {
		entry.Action = AuditReportDismissed
	}
	closed, err := s.store.CloseReports(ctx, ReportDecision{MessageID: report.MessageID, By: who.UserID, Status: r.Status, Action: r.Action, Note: r.Note}, entry)
	if err != nil {
		return ReportPush{}, err
	}
	push := ReportPush{ReportID: report.ID, ChannelID: report.ChannelID, Status: r.Status}
	for _, reportID := range closed {
		s.tellModerators(ctx, report.Sender.ID, ReportPush{ReportID: reportID, ChannelID: report.ChannelID, Status: r.Status})
	}
	return push, nil
}

func (s *Service) actOn(ctx context.Context, who auth.Identity, report Report, r DecideRequest) error {
	switch r.Action {
	case DeleteReported:
		p, err := s.store.MessageAccess(ctx, report.MessageID, who.UserID)
		if err == nil {
			_, err = s.deleteMessage(Audited(ctx, deletedEntry(who, p.Message)), who, p.Message)
		}
		return err
	case SilenceReported:
		until, err := SilenceRequest{Seconds: r.Seconds}.until(s.now())
		if err != nil {
			return err
		}
		if err := s.maySilenceReported(ctx, who, report); err != nil {
			return err
		}
		_, err = s.silence(ctx, who, report.ChannelID, report.Sender.ID, until)
		return err
	}
	return nil
}

// maySilenceReported: by a report nobody silences whom they could not silence without.
func (s *Service) maySilenceReported(ctx context.Context, who auth.Identity, report Report) error {
	if companyAdmin(who) {
		return nil
	}
	ch, member, err := s.accessAs(ctx, who, Moderate, report.ChannelID)
	if err != nil {
		return err
	}
	return s.mayRule(ctx, who, member, ch, report.Sender.ID)
}
