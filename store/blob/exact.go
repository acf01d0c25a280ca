package blob

import (
	"errors"
	"io"
)

// exact reads a body that holds so many bytes. It fails before it gives the last ones when there are more, so that whoever
// stores what they read has nothing whole to store.
type exact struct {
	body io.Reader
	left int64
}

func (e *exact) Read(p []byte) (int, error) {
	if e.left == 0 {
		return 0, e.end()
	}
	n, err := e.body.Read(p[:min(int64(len(p)), e.left)])
	e.left -= int64(n)
	switch {
	case err == io.EOF && e.left > 0:
		return n, errSize
	case err == nil && e.left == 0:
		if err := e.end(); err != io.EOF {
			return 0, err
		}
	}
	return n, err
}

// end is io.EOF when nothing follows.
func (e *exact) end() error {
	var more [1]byte
	switch _, err := io.ReadFull(e.body, more[:]); {
	case err == nil:
		return errSize
	case errors.Is(err, io.EOF):
		return io.EOF
	default:
		return err
	}
}
