package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
)

// peerDir is the peer's folder, from the repository's.
const peerDir = "bench/chat/peer"

// startPeer starts the socket.io server that we are compared with.
func startPeer(ctx context.Context) (*process, error) {
	node, err := exec.LookPath("node")
	if err != nil {
		return nil, errors.New("Node.js is needed for the server that we are compared with")
	}
	p, err := start(ctx, []string{"NODE_ENV=production"}, node, filepath.Join(peerDir, "server.js"))
	if err != nil {
		return nil, fmt.Errorf("%w (npm ci in %s installs what it needs)", err, peerDir)
	}
	return p, nil
}

// peerAuth is what a person connects with: to the peer they say themselves where they are.
func peerAuth(n int) []byte {
	rooms := []string{"everyone", peerGroup(n / groupSize)}
	if n < largeSize {
		rooms = append(rooms, peerLarge)
	}
	text, err := json.Marshal(map[string]any{"token": userID(n), "rooms": rooms})
	if err != nil {
		panic(err) // strings only
	}
	return text
}

// Channels of the peer have names as long as ours.
func peerGroup(n int) string { return fmt.Sprintf("%024s", strconv.Itoa(n)) }

const peerLarge = "large0000000000000000000"
