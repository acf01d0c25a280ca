package turn_test

import (
	"bytes"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pion/stun/v3"
	"golang.org/x/sys/unix"

	"github.com/digierapro/parley/turn"
)

const insideNamespace = "PARLEY_TURN_NAMESPACE"

// Addresses of the two ends of a cable: one is the server's, the others are machines outside.
const (
	ownAddress       = "198.41.0.10"
	allowedAddress   = "198.41.0.20"
	unlistedAddress  = "198.41.1.30"
	forbiddenAddress = "10.9.8.7" // listed, and private all the same
)

// A general relay reaches the machines that the operator lists, and no others: tried with real ones, in network namespaces.
func TestRelayToPeersOutside(t *testing.T) {
	if os.Getenv(insideNamespace) == "" {
		inNamespace(t)
		return
	}
	outside := layCable(t)
	allowed, unlisted, private := outside.listen(t, allowedAddress), outside.listen(t, unlistedAddress), outside.listen(t, forbiddenAddress)
	relay := []netip.Prefix{netip.MustParsePrefix("198.41.0.0/24"), netip.MustParsePrefix("0.0.0.0/0")}
	for _, transport := range []string{"udp", "tcp"} {
		t.Run(transport, func(t *testing.T) {
			h := serve(t, func(c *turn.Config) { c.Relay = relay[:1] })
			h.media.addresses = []netip.AddrPort{netip.AddrPortFrom(netip.MustParseAddr(ownAddress), 5000)}
			conn := h.client(transport, h.Issue("alice", "seat")).allocate(t)
			go reflect(allowed)
			for range 3 { // by indication, then by channel
				echo(t, conn, allowed.LocalAddr(), "to a machine outside")
			}
			if relayed := conn.LocalAddr().(*net.UDPAddr); relayed.IP.String() != ownAddress {
				t.Errorf("relayed address %v", relayed)
			}
			for _, peer := range []*net.UDPConn{unlisted, private} {
				if _, err := conn.WriteTo([]byte("psst"), peer.LocalAddr()); err == nil {
					t.Errorf("%v may be written to", peer.LocalAddr())
				}
				// Nor can a machine without permission speak to the client.
				if _, err := peer.WriteTo([]byte("unasked"), conn.LocalAddr()); err != nil {
					t.Error(err)
				}
			}
			eventually(t, func() bool { return h.Stats().Dropped["no_permission"] >= 2 })
			echo(t, conn, allowed.LocalAddr(), "and still") // would meet "unasked" before
		})
	}
	t.Run("everything listed", func(t *testing.T) {
		h := serve(t, func(c *turn.Config) { c.Relay = relay[1:] })
		h.media.addresses = []netip.AddrPort{netip.AddrPortFrom(netip.MustParseAddr(ownAddress), 5000)}
		r := h.raw(t, "udp", h.Issue("alice", "seat"))
		r.allocate()
		for address, want := range map[string]stun.ErrorCode{
			allowedAddress: 0, unlistedAddress: 0, forbiddenAddress: stun.CodeForbidden, "127.0.0.1": stun.CodeForbidden,
		} {
			if c := code(r.ask(stun.MethodCreatePermission, peer(address, 9))); c != want {
				t.Errorf("CreatePermission for %s: %v", address, c)
			}
		}
		// The machine's own address is the media's; at another port there is nothing for clients.
		if c := code(r.ask(stun.MethodChannelBind, channelNumber(0x4001), peer(ownAddress, 22))); c != stun.CodeForbidden {
			t.Errorf("ChannelBind to our own port 22: %v", c)
		}
	})
	for _, peer := range []*net.UDPConn{unlisted, private} {
		_ = peer.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
		if n, from, err := peer.ReadFrom(make([]byte, 100)); err == nil {
			t.Errorf("%v got %d bytes from %v", peer.LocalAddr(), n, from)
		}
	}
}

// inNamespace runs the test again in a process with a network of its own.
func inNamespace(t *testing.T) {
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skip("there is no ip command")
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), insideNamespace+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	if os.Getuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Skipf("no network namespaces here: %v", err)
	}
	err := cmd.Wait()
	if bytes.Contains(out.Bytes(), []byte("--- SKIP")) {
		t.Skipf("no network namespaces here:\n%s", &out)
	}
	if err != nil || !bytes.Contains(out.Bytes(), []byte("--- PASS: "+t.Name()+"/tcp")) {
		t.Errorf("%v\n%s", err, &out)
	}
}

// place is a thread with a network namespace of its own, which does what it is given.
type place struct{ work chan func() }

// layCable gives this process one end of a cable and a thread the other.
func layCable(t *testing.T) *place {
	p := &place{work: make(chan func())}
	thread := make(chan int)
	go func() { // the thread ends with it, and the namespace with the thread and its sockets
		runtime.LockOSThread()
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			thread <- -1
			return
		}
		thread <- unix.Gettid()
		for f := range p.work {
			f()
		}
	}()
	id := <-thread
	if id < 0 {
		t.Skip("a thread may have no namespace")
	}
	t.Cleanup(func() { close(p.work) })
	ip(t, "link set lo up")
	ip(t, "link add here type veth peer name there netns "+strconv.Itoa(id))
	ip(t, "addr add "+ownAddress+"/16 dev here")
	ip(t, "link set here up")
	ip(t, "route add 10.9.8.0/24 dev here")
	p.do(func() {
		for _, a := range []string{allowedAddress, unlistedAddress, forbiddenAddress} {
			ip(t, "addr add "+a+"/16 dev there")
		}
		ip(t, "link set there up")
	})
	return p
}

func (p *place) do(f func()) {
	done := make(chan struct{})
	p.work <- func() { defer close(done); f() }
	<-done
}

func (p *place) listen(t *testing.T, address string) (socket *net.UDPConn) {
	t.Helper()
	var err error
	p.do(func() { socket, err = net.ListenUDP("udp4", &net.UDPAddr{IP: net.ParseIP(address), Port: 7000}) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = socket.Close() })
	return socket
}

func ip(t *testing.T, arguments string) {
	if out, err := exec.Command("ip", strings.Fields(arguments)...).CombinedOutput(); err != nil {
		t.Errorf("ip %s: %v %s", arguments, err, out)
	}
}

// reflect sends back what comes, until the socket is closed.
func reflect(socket *net.UDPConn) {
	buf := make([]byte, 2048)
	for {
		n, from, err := socket.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		_, _ = socket.WriteToUDPAddrPort(slices.Clone(buf[:n]), from)
	}
}
