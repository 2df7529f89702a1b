//go:build unix

package main

import (
	"fmt"
	"net"
	"strings"

	"golang.org/x/sys/unix"

	"understudy/runtime/logs"
)

// notifyEnv names the socket of the service manager that started the process.
// sd_notify(3)
const notifyEnv = "NOTIFY_SOCKET"

// notify tells the service manager, if there is one, of a state of the process. A
// new binary is not the service while the old one stays.
func (p *program) notify(state ...string) {
	addr := p.notifyTo
	if addr == "" || p.upgraded() {
		return
	}
	c, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Net: "unixgram", Name: addr}) // "@" is the abstract space
	if err == nil {
		_, err = c.Write([]byte(strings.Join(state, "\n")))
		c.Close()
	}
	if err != nil {
		p.journal.printf(logs.Alert, "send() to %s failed %s", addr, reason(err))
	}
}

func (p *program) notifyReloading() {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &t); err == nil {
		p.notify("RELOADING=1", fmt.Sprintf("MONOTONIC_USEC=%d", t.Nano()/1000))
	}
}

// notifyEnd is called when the process begins to end. If another binary goes on,
// the service does not end with it.
func (p *program) notifyEnd() {
	if p.newBinary != 0 {
		p.notify(fmt.Sprintf("MAINPID=%d", p.newBinary))
		return
	}
	p.notify("STOPPING=1")
}

// upgraded reports whether this process is a new binary beside the old one.
func (p *program) upgraded() bool { return p.daemon && p.parentStays() }
