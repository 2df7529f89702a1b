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
	files, _ := filepath.Glob("/proc/[0-9]*/fd/*")
	for _, file := range files {
		if to, err := os.Readlink(file); err != nil || !sockets[to] {
			continue
		}
		dir := filepath.Dir(filepath.Dir(file))
		pid, _ := strconv.Atoi(filepath.Base(dir))
		name, _ := os.ReadFile(filepath.Join(dir, "comm"))
		return holder{pid, strings.TrimSpace(string(name))}
	}
	return holder{}
}

// socketsOf adds the sockets of a port as links in /proc name them. proc_net(5):
// the second column is the local address, the fourth the state, the tenth the
// inode.
func socketsOf(file, network string, port int, into map[string]bool) {
	f, err := os.Open(file)
	if err != nil {
		return
	}
	defer f.Close()
	state := "0A" // TCP_LISTEN
	if network == "udp" {
		state = "07" // TCP_CLOSE: not connected
	}
	for s := bufio.NewScanner(f); s.Scan(); {
		column := strings.Fields(s.Text())
		if len(column) < 10 || column[3] != state {
			continue
		}
		_, hex, _ := strings.Cut(column[1], ":")
		if n, err := strconv.ParseUint(hex, 16, 16); err == nil && int(n) == port {
			into["socket:["+column[9]+"]"] = true
		}
	}
}
