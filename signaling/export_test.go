package signaling

// Topics is how many topics of the bus are heard for the sake of some socket.
func (s *Server) Topics() int {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	return len(s.hub.topics)
}
