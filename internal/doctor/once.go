package doctor

import (
	"context"
	"sync"
)

// shared is something that several checks need and the first of them gets.
type shared[T any] struct {
	get func(ctx context.Context) (T, error)

	once  sync.Once
	value T
	err   error
}

func (s *shared[T]) of(ctx context.Context) (T, error) {
	s.once.Do(func() { s.value, s.err = s.get(ctx) })
	return s.value, s.err
}
