package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/digierapro/parley/internal/auth"
)

// Who is deactivated loses what was allocated for them on the TURN server, with everything else.
func TestADeactivatedUserLosesTheirAllocations(t *testing.T) {
	p := startServer(t, dataFolder(t))
	alice := p.connect("alice")
	call := p.startCall("alice", p.general("alice"))
	relay := allocateForSeat(t, alice, call, strings.TrimPrefix(p.url, "http://"))
	defer func() { _ = relay.Close() }()
	if n := p.metric("parley_turn_allocations"); n != 1 {
		t.Fatalf("%.0f allocations", n)
	}
	signer, err := auth.NewSigner(processSecret, "", "")
	if err != nil {
		t.Fatal(err)
	}
	token, _, err := signer.Sign(auth.Identity{UserID: "crm", Name: "CRM", Role: auth.RoleService}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, p.url+"/api/directory/users/alice", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	if status, body := p.do(request); status != http.StatusOK {
		t.Fatalf("%d %s", status, body)
	}
	eventually(t, "the allocation ends", func() bool { return p.metric("parley_turn_allocations") == 0 })
	if status, _ := p.get("/api/channels", "alice"); status != http.StatusUnauthorized {
		t.Errorf("status %d", status)
	}
}
