package chat

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/fault"
)

// maxPeople bounds a search for people, so that nobody reads out the directory.
const maxPeople = 20

// maxNameSearch is the longest part of a name, in characters.
const maxNameSearch = 100

// People finds users by a part of their name. A client of the company finds nobody.
func (s *Service) People(ctx context.Context, who auth.Identity, search string, limit int) ([]User, error) {
	search = strings.TrimSpace(search)
	if utf8.RuneCountInString(search) > maxNameSearch {
		return nil, fault.Newf(fault.Invalid, "bad_request", "A search is at most %d characters.", maxNameSearch).With("field", "search")
	}
	if !who.Internal || !storable(search) {
		return []User{}, nil
	}
	if limit <= 0 || limit > maxPeople {
		limit = maxPeople
	}
	return s.store.Users(ctx, search, limit)
}
