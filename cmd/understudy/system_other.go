//go:build !linux

package main

import (
	"runtime"
)

// eventMethod is what waits for sockets.
const eventMethod = "kqueue"

// systemStatus returns what nginx logs about the system when it starts.
func systemStatus() []string { return []string{"OS: " + runtime.GOOS} }
