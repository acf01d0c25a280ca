package socketio

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// Whoever goes leaves a place that another one takes; each must be found at theirs.
func TestRoomsAfterAnyComingAndGoing(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	x := roomIndex{rooms: map[string]*room{}}
	streams := make([]stream, 12)
	in := map[string]map[int]bool{}
	for range 5000 {
		n, name := random.IntN(len(streams)), fmt.Sprint("room ", random.IntN(6))
		if in[name] == nil {
			in[name] = map[int]bool{}
		}
		switch random.IntN(20) {
		case 0:
			x.leaveAll(&streams[n])
			for _, members := range in {
				delete(members, n)
			}
		case 1, 2, 3, 4, 5, 6, 7, 8:
			x.leave(&streams[n], []string{name})
			delete(in[name], n)
		default:
			x.join(&streams[n], []string{name})
			in[name][n] = true
		}
		rooms := 0
		for name, members := range in {
			if len(members) > 0 {
				rooms++
			}
			for n := range streams {
				there := x.rooms[name] != nil && slices.Contains(x.rooms[name].members, &streams[n])
				if there != members[n] || slices.Contains(x.names(&streams[n]), name) != members[n] {
					t.Fatalf("%d is in %s: %v, %v; want %v", n, name, there, x.names(&streams[n]), members[n])
				}
			}
			if x.rooms[name] != nil && len(x.rooms[name].members) != len(members) {
				t.Fatalf("%s has %d members, want %d", name, len(x.rooms[name].members), len(members))
			}
		}
		if rooms != len(x.rooms) {
			t.Fatalf("%d rooms, want %d", len(x.rooms), rooms)
		}
	}
}
