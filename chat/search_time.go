package chat

import (
	"strconv"
	"strings"
	"time"

	"github.com/digierapro/parley/internal/fault"
	"github.com/digierapro/parley/internal/id"
)

// searchTimes gives the span of a search: from is included, to is not.
func searchTimes(r SearchRequest) (from, to time.Time, err error) {
	if r.On != "" {
		if r.After != "" || r.Before != "" {
			return from, to, fault.New(fault.Invalid, "bad_request", "Give on, or after and before.").With("field", "on")
		}
		from, day, err := searchTime("on", r.On)
		if err == nil && !day {
			from = from.Truncate(24 * time.Hour)
		}
		return from, from.Add(24 * time.Hour), err
	}
	var day bool
	if r.After != "" {
		if from, day, err = searchTime("after", r.After); err != nil {
			return from, to, err
		}
		if day { // after a day is from the next one on
			from = from.Add(24 * time.Hour)
		}
	}
	if r.Before != "" {
		to, _, err = searchTime("before", r.Before)
	}
	return from, to, err
}

func searchTime(field, text string) (at time.Time, day bool, err error) {
	if at, err = time.Parse(time.DateOnly, text); err == nil {
		return at, true, searchable(field, at)
	}
	if at, err = time.Parse(time.RFC3339Nano, text); err == nil {
		return at.UTC(), false, searchable(field, at)
	}
	return at, false, fault.Newf(fault.Invalid, "bad_request", "%s is a day such as 2026-11-23, or a time.", field).With("field", field)
}

func searchable(field string, at time.Time) error {
	if at.Year() < 1970 || at.Year() > 9998 {
		return fault.Newf(fault.Invalid, "bad_request", "%s is out of range.", field).With("field", field)
	}
	return nil
}

// cursorOf names the place after which the next page begins, and the way of searching, which must be the same there.
func cursorOf(byParts bool, p SearchPlace) string {
	way := "w"
	if byParts {
		way = "p"
	}
	return way + strconv.FormatInt(p.At.UnixMilli(), 36) + "-" + p.MessageID
}

func parseCursor(text string) (byParts bool, p SearchPlace, err error) {
	at, messageID, ok := strings.Cut(text, "-")
	if !ok || len(at) < 2 || len(at) > 12 || (at[0] != 'w' && at[0] != 'p') || !id.Valid(messageID) {
		return false, p, fault.New(fault.Invalid, "bad_request", "cursor is one of an answer.").With("field", "cursor")
	}
	ms, err := strconv.ParseInt(at[1:], 36, 64)
	if err != nil || searchable("cursor", time.UnixMilli(ms)) != nil {
		return false, p, fault.New(fault.Invalid, "bad_request", "cursor is one of an answer.").With("field", "cursor")
	}
	return at[0] == 'p', SearchPlace{At: time.UnixMilli(ms).UTC(), MessageID: messageID}, nil
}
