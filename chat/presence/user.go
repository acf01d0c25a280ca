package presence

import "time"

// user is what a Service knows of one who is here, or is watched.
type user struct {
	devices  map[string]time.Time // by connection: when it was last in use
	gone     time.Time            // when the last device went; zero while there is one
	watchers int
	kept     Kept

	told     Presence // what was told last
	lastSeen time.Time
}

// at is what others see of the user at a time.
func (u *user) at(now time.Time) (status Status, custom string, expires *time.Time) {
	chosen := u.kept.Choice
	if chosen.ExpiresAt != nil && !now.Before(*chosen.ExpiresAt) {
		chosen.Chosen, chosen.CustomStatus, chosen.ExpiresAt = "", "", nil
	}
	here := len(u.devices) > 0 || (!u.gone.IsZero() && now.Sub(u.gone) < offlineAfter)
	switch {
	case !here:
		status = Offline
	case chosen.Chosen == Offline || chosen.Chosen == Away || chosen.Chosen == Busy:
		status = chosen.Chosen
	case u.idle(now):
		status = Away
	default:
		status = Online
	}
	return status, chosen.CustomStatus, chosen.ExpiresAt
}

func (u *user) idle(now time.Time) bool {
	for _, used := range u.devices {
		if now.Sub(used) < awayAfter {
			return false
		}
	}
	return len(u.devices) > 0
}

// refresh brings what is told up to date and says whether it changed.
func (u *user) refresh(now time.Time) bool {
	status, custom, expires := u.at(now)
	before := u.told
	u.told.LastSeenAt = nil
	if status == Offline && !u.kept.HideLastSeen {
		u.told.LastSeenAt = u.seenAt()
	}
	if before.Status == status && before.CustomStatus == custom && sameTime(before.ExpiresAt, expires) {
		return false
	}
	u.told.CustomStatus, u.told.ExpiresAt = custom, expires
	if before.Status != status {
		u.told.Status, u.told.Since = status, now
	}
	return true
}

func (u *user) seenAt() *time.Time {
	if !u.lastSeen.IsZero() {
		at := u.lastSeen
		return &at
	}
	return u.kept.LastSeenAt
}

func sameTime(a, b *time.Time) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Equal(*b)
}
