package main

import (
	"encoding/hex"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"understudy/runtime/doctor"
)

// listeners finds the TCP sockets that accept connections, and their processes as far
// as those may be looked at.
func listeners() []doctor.Listener {
	found := map[string]*doctor.Listener{}
	for _, suffix := range []string{"", "6"} {
		eachSocket(filepath.Join("/proc/net", "tcp"+suffix), tcpListen, func(addr, inode string) {
			if a, ok := kernelAddr(addr); ok {
				found["socket:["+inode+"]"] = &doctor.Listener{Addr: a}
			}
		})
	}
	eachOwner(func(socket string) bool { return found[socket] != nil && found[socket].PID == 0 }, func(socket string, by holder) {
		found[socket].PID, found[socket].Name = by.pid, by.name
	})
	var list []doctor.Listener
	for _, l := range found {
		if l.PID != os.Getpid() {
			list = append(list, *l)
		}
	}
	slices.SortFunc(list, func(a, b doctor.Listener) int { return a.Addr.Compare(b.Addr) })
	return list
}

// kernelAddr reads an address of /proc/net/tcp: words of four bytes in the order of
// the machine, which is little-endian wherever Linux runs us, then the port.
func kernelAddr(s string) (netip.AddrPort, bool) {
	ip, port, _ := strings.Cut(s, ":")
	b, err := hex.DecodeString(ip)
	n, err2 := strconv.ParseUint(port, 16, 16)
	if err != nil || err2 != nil || len(b)%4 != 0 {
		return netip.AddrPort{}, false
	}
	for i := 0; i < len(b); i += 4 {
		slices.Reverse(b[i : i+4])
	}
	a, ok := netip.AddrFromSlice(b)
	return netip.AddrPortFrom(a.Unmap(), uint16(n)), ok
}
