package signaling

import (
	"maps"
	"slices"

	"github.com/digierapro/parley/internal/fault"
)

// part is what the edge offers about one noun. docs/protocol.md is made from all parts, and held against them.
type part struct {
	requests map[string]request // that a client may send, by name
	pushes   []push             // that the server sends by itself
	paths    []restPath         // of REST that need a user
	services []restPath         // of REST that need a service
	errors   []errorRow         // that a client can meet
}

type push struct{ name, doc string }

// errorRow is a code that a client can meet. A test finds the codes in the source.
type errorRow struct {
	code string
	kind fault.Kind
	doc  string
}

var parts = []part{connectionPart, channelPart, memberPart, messagePart, blobPart, readingPart, searchPart, schedulePart, presencePart, directoryPart, moderationPart, callPart, connectionTestPart}

// All parts together.
var (
	requests     = requestsOf(parts)
	pushes       = together(parts, func(p part) []push { return p.pushes })
	paths        = together(parts, func(p part) []restPath { return p.paths })
	servicePaths = together(parts, func(p part) []restPath { return p.services })
	errorTable   = together(parts, func(p part) []errorRow { return p.errors })
)

func requestsOf(parts []part) map[string]request {
	all := make(map[string]request)
	for _, p := range parts {
		maps.Copy(all, p.requests)
	}
	return all
}

func together[T any](parts []part, of func(part) []T) (all []T) {
	for _, p := range parts {
		all = append(all, of(p)...)
	}
	return slices.Clip(all)
}
