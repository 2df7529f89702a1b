package main

import (
	"bufio"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// holderOf finds who listens on a port, among the processes that may be looked
// at: those of the same user, or for root all.
func holderOf(network string, port int) holder {
	sockets := map[string]bool{}
	for _, suffix := range []string{"", "6"} {
		socketsOf(filepath.Join("/proc/net", network+suffix), network, port, sockets)
	}
	if len(sockets) == 0 {
		return holder{}
	}
	var h holder
	eachOwner(func(socket string) bool { return h.pid == 0 && sockets[socket] }, func(_ string, by holder) { h = by })
	return h
}

// eachOwner calls f with the sockets that are wanted, as links in /proc name them, and
// the processes that have them open.
func eachOwner(wanted func(socket string) bool, f func(socket string, by holder)) {
	files, _ := filepath.Glob("/proc/[0-9]*/fd/*")
	for _, file := range files {
		socket, err := os.Readlink(file)
		if err != nil || !wanted(socket) {
			continue
		}
		dir := filepath.Dir(filepath.Dir(file))
		pid, _ := strconv.Atoi(filepath.Base(dir))
		name, _ := os.ReadFile(filepath.Join(dir, "comm"))
		f(socket, holder{pid, strings.TrimSpace(string(name))})
	}
}

// States of sockets in proc_net(5).
const (
	tcpListen = "0A" // TCP_LISTEN
	udpOpen   = "07" // TCP_CLOSE: not connected
)

// socketsOf adds the sockets of a port as links in /proc name them.
func socketsOf(file, network string, port int, into map[string]bool) {
	state := tcpListen
	if network == "udp" {
		state = udpOpen
	}
	eachSocket(file, state, func(addr, inode string) {
		_, hex, _ := strings.Cut(addr, ":")
		if n, err := strconv.ParseUint(hex, 16, 16); err == nil && int(n) == port {
			into["socket:["+inode+"]"] = true
		}
	})
}

// eachSocket calls f with the local address and the inode of the sockets in a state.
// proc_net(5): the second column is the local address, the fourth the state, the tenth
// the inode.
func eachSocket(file, state string, f func(addr, inode string)) {
	in, err := os.Open(file)
	if err != nil {
		return
	}
	defer in.Close()
	for s := bufio.NewScanner(in); s.Scan(); {
		if column := strings.Fields(s.Text()); len(column) >= 10 && column[3] == state {
			f(column[1], column[9])
		}
	}
}
