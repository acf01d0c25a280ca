package call

// LeftRemoved is the reason of a seat that its user lost with the membership in the channel, or with the account.
const LeftRemoved LeaveReason = "removed"

// Expel takes a user's seats in the calls of a channel away, and with an empty channel those in all calls: they may no
// longer be there.
func (s *Service) Expel(channelID, userID string) {
	for _, l := range s.snapshot() {
		if channelID != "" && l.channelID != channelID {
			continue
		}
		for _, participantID := range l.seatsOf(userID) {
			s.leave(l, participantID, LeftRemoved)
		}
		l.change(func() []func() {
			delete(l.audience, userID)
			delete(l.ringing, userID)
			return nil
		})
	}
}

func (l *live) seatsOf(userID string) (participantIDs []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, st := range l.seats {
		if st.UserID == userID {
			participantIDs = append(participantIDs, st.ID)
		}
	}
	return participantIDs
}
