//go:build !linux

package engineio

// watcher watches nothing here: every connection has a reader that waits.
type watcher struct{}

func (*watcher) add(*wsConn) bool { return false }

func (*watcher) remove(*wsConn) {}

func (*watcher) close() {}
