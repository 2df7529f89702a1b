//go:build !linux

package main

import (
	"context"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// holderOf asks the system's own tools who listens on a port, where there are any.
func holderOf(network string, port int) holder {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if runtime.GOOS == "windows" {
		return holder{} // netstat -ano is slow, and knows no names
	}
	out, err := exec.CommandContext(ctx, "lsof", "-nP", "-i"+strings.ToUpper(network)+":"+strconv.Itoa(port), "-Fpc").Output()
	if err != nil {
		return holder{}
	}
	var h holder
	for line := range strings.Lines(string(out)) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "p") && h.pid == 0:
			h.pid, _ = strconv.Atoi(line[1:])
		case strings.HasPrefix(line, "c") && h.name == "":
			h.name = line[1:]
		}
	}
	return h
}
