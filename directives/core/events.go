package core

import (
	"net/netip"
	"slices"
	"time"

	"understudy/directives/spec"
)

// events is the events block and what stands in it. All of that is about how
// nginx waits for its sockets, which here is the business of Go's runtime.
var events = []spec.Directive[conf]{{
	Name: "events", In: spec.Main, Args: spec.Exactly(0), Opens: spec.Events,
	Doc: "Holds what affects the processing of connections. nginx does not run without it.",
	Set: spec.Do(func(c *conf, _ *spec.Call) error {
		if c.hasEvents {
			return spec.ErrDuplicate
		}
		c.hasEvents = true
		return nil
	}),
}, {
	Name: "worker_connections", In: spec.Events, Syntax: "number", Default: "512",
	Doc: "Limits the connections of a worker.",
	Set: spec.Accept("connections are not allotted in advance: what limits them is the number of open files",
		spec.Scalar(func(c *conf) *spec.Value[int] { return &c.connections }, spec.Number, spec.Exactly(1), nil, parseConnections)),
}, {
	Name: "use", In: spec.Events, Syntax: "method",
	Doc: "Chooses how to wait for sockets.",
	Set: spec.Accept("Go's runtime knows one way on each system",
		spec.Scalar(func(c *conf) *spec.Value[string] { return &c.words[1] }, spec.Enum, spec.Exactly(1), methods, parseMethod)),
}, {
	Name: "multi_accept", In: spec.Events, Syntax: "on | off", Default: "off",
	Doc: "Accepts all new connections at a time.",
	Set: spec.Accept("connections are accepted as they come", spec.SetFlag(func(c *conf) *spec.Value[bool] { return &c.flags[4] })),
}, {
	Name: "accept_mutex", In: spec.Events, Syntax: "on | off", Default: "off",
	Doc: "Lets workers accept connections by turn.",
	Set: spec.Accept("one process accepts all connections", spec.SetFlag(func(c *conf) *spec.Value[bool] { return &c.flags[5] })),
}, {
	Name: "accept_mutex_delay", In: spec.Events, Syntax: "time", Default: "500ms",
	Doc: "Limits how long a worker waits for its turn.",
	Set: spec.Accept("one process accepts all connections", spec.SetTime(func(c *conf) *spec.Value[time.Duration] { return &c.times[1] }, true)),
}, {
	Name: "worker_aio_requests", In: spec.Events, Syntax: "number", Default: "32",
	Doc: "Limits the asynchronous reads of a worker that wait for a disk.",
	Set: spec.Accept("files are not read with the kernel's asynchronous requests",
		spec.Scalar(func(c *conf) *spec.Value[int] { return &c.nums[1] }, spec.Number, spec.Exactly(1), nil, number)),
}, {
	Name: "epoll_events", In: spec.Events, Syntax: "number", Default: "512",
	Doc: "Sets how many events a worker takes from the kernel at a time.",
	Set: spec.Accept("Go's runtime takes them",
		spec.Scalar(func(c *conf) *spec.Value[int] { return &c.nums[2] }, spec.Number, spec.Exactly(1), nil, number)),
}, {
	Name: "debug_connection", In: spec.Events, Args: spec.Exactly(1), Syntax: "address | CIDR | unix:",
	Doc: "Writes the debug log for some clients, whatever the levels of the logs are.",
	Set: spec.Do(debugConnection),
}}

// methods are the event modules of nginx on Linux.
var methods = []string{"epoll"}

func parseMethod(c *spec.Call) (string, error) {
	name := c.Args[0].Text
	if !slices.Contains(methods, name) {
		return "", c.Errorf(0, `invalid event type "%s"`, name)
	}
	return name, nil
}

func parseConnections(c *spec.Call) (int, error) {
	n, ok := spec.ParseNumber(c.Args[0].Text)
	if !ok {
		return 0, c.Errorf(0, `invalid number "%s"`, c.Args[0].Text)
	}
	return n, nil
}

// DebugConnections are the clients whose connections the debug log is about.
// A prefix that is not valid stands for all unix sockets.
type DebugConnections []netip.Prefix

// Has reports whether a client is among them. One at a unix socket has no
// valid address.
func (d DebugConnections) Has(client netip.Addr) bool {
	client = client.Unmap()
	for _, p := range d {
		if p.Contains(client) || !p.IsValid() && !client.IsValid() {
			return true
		}
	}
	return false
}

func debugConnection(f *conf, c *spec.Call) error {
	text := c.Args[0].Text
	if text == "unix:" {
		f.debug = append(f.debug, netip.Prefix{})
		return nil
	}
	p, exact, ok := spec.ParseCIDR(text)
	switch {
	case ok:
		if !exact {
			c.Warnf(0, "inexact-network", "low address bits of %s are meaningless", text)
		}
		f.debug = append(f.debug, p)
	case c.Scope.Lookup != nil && !c.Scope.Offline:
		addrs, err := c.Scope.Lookup(text)
		if err != nil {
			return c.Errorf(0, `%v in debug_connection "%s"`, err, text)
		}
		for _, a := range addrs {
			if a, err := netip.ParseAddr(a); err == nil {
				f.debug = append(f.debug, netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()))
			}
		}
	}
	return nil
}
