package presence

import "time"

// user is what a Service knows of one who is here, or is watched.
type user struct {
	devices  []device  // a few
	gone     time.Time // when the last device went; zero while there is one
	watchers int
	kept     Kept
	loaded   bool // kept is what the store has

	remote map[string]Here // by node, what the others know
	shared *Here           // what they were told last; nil for nothing
	stop   func()          // hears no more of the others; nil without others

	told     Presence // what was told last
	lastSeen time.Time
}

// device is a connection of a user.
type device struct {
	connection string
	used       time.Time // last
}

// use notes that a device is in use; false when it is not known.
func (u *user) use(connection string, now time.Time) bool {
	for i := range u.devices {
		if u.devices[i].connection == connection {
			u.devices[i].used = now
			return true
		}
	}
	return false
}

// at is what others see of the user at a time.
func (u *user) at(now time.Time) (status Status, custom string, expires *time.Time) {
	chosen := u.kept.at(now)
	switch {
	case !u.present(now):
		status = Offline
	case chosen.Chosen == Offline || chosen.Chosen == Away || chosen.Chosen == Busy:
		status = chosen.Chosen
	case u.idle(now):
		status = Away
	default:
		status = Online
	}
	if chosen.Chosen == Offline && chosen.CustomStatus == "" {
		chosen.ExpiresAt = nil // until when somebody looks offline tells that they only look so
	}
	return status, chosen.CustomStatus, chosen.ExpiresAt
}

// at is what of a choice holds at a time.
func (c Choice) at(now time.Time) Choice {
	if c.ExpiresAt != nil && !now.Before(*c.ExpiresAt) {
		c.Chosen, c.CustomStatus, c.ExpiresAt = "", "", nil
	}
	return c
}

// secretive: nobody learns when the user was here last. Of who looks offline by choice it would tell that they are here.
func (u *user) secretive(now time.Time) bool {
	return u.kept.HideLastSeen || u.kept.at(now).Chosen == Offline
}

// present: there are devices somewhere, or were just now.
func (u *user) present(now time.Time) bool {
	for h := range u.everywhere() {
		if h.present(now) {
			return true
		}
	}
	return false
}

// idle: there are devices, and none is in use.
func (u *user) idle(now time.Time) (there bool) {
	for h := range u.everywhere() {
		if h.Devices > 0 && now.Sub(h.Used) < awayAfter {
			return false
		}
		there = there || h.Devices > 0
	}
	return there
}

// refresh brings what is told up to date and says whether it changed.
func (u *user) refresh(now time.Time) bool {
	status, custom, expires := u.at(now)
	before := u.told
	u.told.LastSeenAt = nil
	if status == Offline && !u.secretive(now) {
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
	latest := u.lastSeen
	for _, h := range u.remote {
		for _, at := range []time.Time{h.Used, h.Gone} {
			if at.After(latest) {
				latest = at
			}
		}
	}
	if latest.IsZero() {
		return u.kept.LastSeenAt
	}
	return &latest
}

func sameTime(a, b *time.Time) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Equal(*b)
}
