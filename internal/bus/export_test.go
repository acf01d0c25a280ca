package bus

// Topics is how many are held.
func (b *Local) Topics() int {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return len(b.topics)
}
