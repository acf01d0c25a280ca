package configs

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
)

func checkListen(c *Config) error { return checkAddress(c, c.Server.Listen) }

func checkAlsoListen(c *Config) error {
	for i, address := range c.Server.AlsoListen {
		if err := checkAddress(c, address); err != nil {
			return err
		}
		if slices.Contains(c.Server.Addresses()[:i+1], address) {
			return fmt.Errorf("%q is listened on already", address)
		}
	}
	return nil
}

// checkAddress holds one address that we listen on against what it may be.
func checkAddress(c *Config, address string) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf(`%q is not an address such as ":8080" or "127.0.0.1:8080"`, address)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("%q is not a port from 0 to 65535", port)
	} else if strconv.FormatUint(n, 10) != port {
		return fmt.Errorf("%q is not how a port is written", port)
	}
	loopback := host == "localhost"
	if host != "" && !loopback {
		addr, err := netip.ParseAddr(host)
		if err != nil {
			return fmt.Errorf("%q is not an IP address: leave it out to listen on all", host)
		}
		loopback = addr.IsLoopback()
	}
	if c.Dev && !loopback && !c.DevAllowRemote {
		return fmt.Errorf("%q is not a loopback address, and with --dev whoever reaches it signs in as anybody; if you mean it, add --%s", address, flagDevAllowRemote)
	}
	return nil
}

// fewConnections is less than anything works with: a page alone takes half a dozen.
const fewConnections = 16

func checkMaxConnections(c *Config) error {
	if n := c.Server.MaxConnections; n < fewConnections {
		return fmt.Errorf("%d is less than %d, and one page alone takes several", n, fewConnections)
	}
	return nil
}

func checkMaxPerAddress(c *Config) error {
	if n := c.Server.MaxConnectionsPerAddress; n < fewConnections {
		return fmt.Errorf("%d is less than %d, and one page alone takes several", n, fewConnections)
	}
	return nil
}
