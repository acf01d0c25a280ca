package signaling

import "context"

// Compare compares who hears what with the database.
func (s *Server) Compare(ctx context.Context) error { return s.compareMembers(ctx) }

// Topics is how many topics of the bus are heard for the sake of some socket.
func (s *Server) Topics() int {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	return len(s.hub.topics)
}

// Names lists all events, and all paths that need a token.
func Names() (events, patterns []string) {
	for name := range requests {
		events = append(events, name)
	}
	for _, list := range [][]restPath{paths, servicePaths, streamPaths} {
		for _, p := range list {
			patterns = append(patterns, p.pattern)
		}
	}
	return events, patterns
}
