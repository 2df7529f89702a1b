//go:build !linux

package stream

import (
	"errors"
	"net"
	"net/netip"
)

// Elsewhere datagrams of a wildcard socket are answered from the address that
// the system chooses.

func wantLocal(*net.UDPConn) error { return errors.ErrUnsupported }

func localOf([]byte) netip.Addr { return netip.Addr{} }

func fromLocal(netip.Addr) []byte { return nil }
