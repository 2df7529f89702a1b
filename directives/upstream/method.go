package upstream

import (
	"net/netip"

	"understudy/directives/spec"
	"understudy/runtime/gateway"
	"understudy/runtime/httpd"
	peers "understudy/runtime/upstream"
	"understudy/runtime/vars"
)

// A method is how the servers of a group are picked.
type method struct {
	make      func() peers.Balancer // nil: round robin
	byAddress bool                  // ip_hash
	noBackup  bool                  // servers that follow may not have "backup"
	firstByte bool                  // least_time measures the time to the first byte
	sticky    *gateway.Sticky       // of http; a method that follows undoes it
}

// set makes m the method of the block.
func (m *method) set(call *spec.Call, to method) {
	if m.make != nil || m.sticky != nil {
		call.Warnf(-1, "method-redefined", "load balancing method redefined")
	}
	*m = to
}

func setLeastConn[S vars.Subject](c *conf[S], call *spec.Call) error {
	c.method.set(call, method{make: func() peers.Balancer { return peers.LeastConn{} }})
	return nil
}

func setHash[S vars.Subject](c *conf[S], call *spec.Call) error {
	t, err := spec.CompileTemplate(call, spec.VarsOf[S](call), call.Args[0].Text, 0)
	if err != nil {
		return err
	}
	m := method{noBackup: true, make: func() peers.Balancer { return peers.Hash{} }}
	if len(call.Args) == 2 {
		m.make = func() peers.Balancer { return &peers.ConsistentHash{} }
	}
	c.method.set(call, m)
	c.key = t
	if len(call.Args) == 2 && call.Args[1].Text != "consistent" {
		return invalidParameter(call, 1)
	}
	return nil
}

func setRandom[S vars.Subject](c *conf[S], call *spec.Call) error {
	two := len(call.Args) > 0
	c.method.set(call, method{noBackup: true, make: func() peers.Balancer { return peers.Random{Two: two} }})
	for i, a := range call.Args {
		if a.Text != [...]string{"two", "least_conn"}[i] {
			return invalidParameter(call, i)
		}
	}
	return nil
}

func setLeastTime[S vars.Subject](c *conf[S], call *spec.Call) error {
	inflight := len(call.Args) == 2
	what := call.Args[0].Text
	head := what != "last_byte"
	c.method.set(call, method{
		make:      func() peers.Balancer { return &peers.LeastTime{Header: head, Inflight: inflight} },
		firstByte: what == "first_byte",
	})
	if inflight && call.Args[1].Text != "inflight" {
		return invalidParameter(call, 1)
	}
	inStream := call.Scope.In == spec.StreamUpstream
	switch what {
	case "last_byte":
		return nil
	case "header":
		if !inStream {
			return nil
		}
	case "connect", "first_byte":
		if inStream {
			return nil
		}
	}
	return call.Errorf(0, `invalid value "%s"`, what)
}

func invalidParameter(call *spec.Call, i int) error {
	return call.Errorf(i, `invalid parameter "%s"`, call.Args[i].Text)
}

// ipHash is of http only.
var ipHash = []spec.Directive[httpConf]{{
	Name: "ip_hash", In: spec.Upstream, Args: spec.Exactly(0),
	Doc: "Picks the server by the client's address.",
	Set: spec.Do(func(c *httpConf, call *spec.Call) error {
		c.method.set(call, method{noBackup: true, byAddress: true, make: func() peers.Balancer { return peers.IPHash{} }})
		return nil
	}),
}}

// clientAddress is what ip_hash places a request by: the binary address of the
// client, nothing for one without.
func clientAddress(r *httpd.Request) []byte {
	a, err := netip.ParseAddr(string(r.RealIP))
	switch {
	case err != nil:
		return nil
	case a.Is4():
		b := a.As4()
		return r.Copy(b[:])
	}
	b := a.As16()
	return r.Copy(b[:])
}
