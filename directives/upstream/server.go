package upstream

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"understudy/directives/spec"
	"understudy/runtime/resolver"
	peers "understudy/runtime/upstream"
	"understudy/runtime/vars"
)

// A server is one server directive.
type server struct {
	url resolver.URL

	weight, maxConns, maxFails int
	failTimeout                time.Duration
	backup, down, drain        bool
	route                      string
	resolve                    bool   // the name is looked up at run time
	service                    string // of SRV records; "": addresses are looked up
	seek                       bool   // the name has no address yet, and the system is asked again
}

// maxRoute is how long a route may be: as long as an MD5 in hexadecimal.
const maxRoute = 32

func addServer[S vars.Subject](c *conf[S], call *spec.Call) error {
	s, err := parseServer(call, c.method.noBackup)
	c.servers = append(c.servers, s) // one that is wrong is none missing
	return err
}

func parseServer(call *spec.Call, noBackup bool) (server, error) {
	s := server{weight: 1, maxFails: 1, failTimeout: 10 * time.Second}
	inHTTP := call.Scope.In == spec.Upstream
	for _, p := range call.Params(1) {
		ok := true
		switch p.Key {
		case "weight":
			s.weight, ok = spec.ParseNumber(p.Val)
			ok = ok && s.weight > 0
		case "max_conns":
			s.maxConns, ok = spec.ParseNumber(p.Val)
		case "max_fails":
			s.maxFails, ok = spec.ParseNumber(p.Val)
		case "fail_timeout":
			s.failTimeout, ok = spec.ParseTime(p.Val, false)
		case "backup":
			if ok = !p.Has; ok && noBackup {
				return s, call.Errorf(p.Arg, `balancing method does not support parameter "%s"`, p.Key)
			}
			s.backup = true
		case "down":
			s.down, s.drain, ok = true, false, !p.Has // the last of the two counts
		case "drain":
			s.drain, s.down, ok = true, false, !p.Has && inHTTP
		case "resolve":
			s.resolve, ok = true, !p.Has
		case "service":
			if s.service, ok = p.Val, p.Has; ok && s.service == "" {
				return s, call.Errorf(p.Arg, "service is empty")
			}
		case "route":
			if s.route, ok = p.Val, p.Has && inHTTP; !ok {
				break
			}
			if s.route == "" {
				return s, call.Errorf(p.Arg, "route is empty")
			}
			if len(s.route) > maxRoute {
				return s, call.Errorf(p.Arg, "route is longer than %d", maxRoute)
			}
		default:
			ok = false
		}
		if !ok || !p.Has && needsValue(p.Key) {
			return s, call.Errorf(p.Arg, `invalid parameter "%s"`, call.Args[p.Arg].Text)
		}
	}
	if s.service != "" && !s.resolve {
		return s, call.Errorf(0, `service upstream "%s" requires "resolve" parameter`, call.Args[0].Text)
	}
	return s, s.parseURL(call, inHTTP)
}

func needsValue(key string) bool {
	return key == "weight" || key == "max_conns" || key == "max_fails" || key == "fail_timeout"
}

// whileSought is what is done as long as a server has no address.
const whileSought = "requests for it are answered 502 until it has an address, for which it is looked up again"

func (s *server) parseURL(call *spec.Call, inHTTP bool) error {
	text, service := call.Args[0].Text, s.service != ""
	o := resolver.Options{Lookup: call.Scope.Env().LookupFunc(), NoResolve: s.resolve || call.Scope.Env().Offline}
	if inHTTP {
		o.DefaultPort = 80
	}
	over := call.Scope.Env().Overlay
	if to, ok := instead(call, text, o); ok {
		text, s.resolve, o.NoResolve = to, false, call.Scope.Env().Offline
	}
	var err error
	s.url, err = resolver.ParseURL(context.Background(), text, o)
	switch {
	case errors.Is(err, resolver.ErrNotFound) && over.Lenient():
		over.Unresolved(spec.Unresolved{Host: s.url.Host, At: call.Args[0].Pos, Upstream: true, Without: whileSought})
		s.seek = true
	case err != nil:
		return call.Errorf(0, `%v in upstream "%s"`, err, text)
	case !inHTTP && s.url.NoPort && s.url.Network != "unix" && !service:
		return call.Errorf(0, `no port in upstream "%s"`, text)
	case service && !s.url.NoPort:
		return call.Errorf(0, `service upstream "%s" may not have port`, text)
	case service && len(s.url.Addrs) > 0:
		return call.Errorf(0, `service upstream "%s" requires domain name`, text)
	}
	s.resolve = s.resolve && len(s.url.Addrs) == 0 && s.url.Network != "unix"
	return nil
}

// peers makes a peer of each address of the server, or one for the addresses
// that will be found.
func (s *server) peers(offline bool) []*peers.Peer {
	list := peersOf(s.url)
	for _, p := range list {
		p.Weight, p.MaxConns, p.MaxFails, p.FailTimeout = s.weight, s.maxConns, s.maxFails, s.failTimeout
		p.Backup, p.Down, p.Drain, p.Route = s.backup, s.down, s.drain, s.route
		switch {
		case offline:
		case s.resolve:
			p.Host = &peers.Host{Name: s.url.Host, Service: s.service}
		case s.seek:
			p.Host = &peers.Host{Name: s.url.Host, Lookup: resolver.Lookup}
		}
	}
	return list
}

// peersOf makes a peer of each address of u. A name that was not looked up,
// because nothing will be connected to, keeps its place by a peer that bears
// its name.
func peersOf(u resolver.URL) []*peers.Peer {
	if u.Network == "unix" {
		p := peers.NewUnixPeer(u.Text, u.Host)
		p.Name = u.Text
		return []*peers.Peer{p}
	}
	if len(u.Addrs) == 0 {
		p := peers.NewPeer(u.Text, netip.AddrPortFrom(netip.IPv4Unspecified(), uint16(u.Port)))
		p.Name = u.Text
		return []*peers.Peer{p}
	}
	var list []*peers.Peer
	for _, a := range u.Addrs {
		list = append(list, peers.NewPeer(u.Text, a))
	}
	return list
}

// instead returns what stands in for a server that a directive names, or for all
// those of its block.
func instead(call *spec.Call, text string, o resolver.Options) (to string, ok bool) {
	over := call.Scope.Env().Overlay
	if over == nil {
		return "", false
	}
	if at := call.Scope.At; at != nil && len(at.Args) > 0 {
		if to, ok := over.Instead(at.Args[0].Text, 0); ok {
			return to, true
		}
	}
	o.NoResolve = true
	u, err := resolver.ParseURL(context.Background(), text, o)
	if err != nil {
		return "", false
	}
	if u.Network == "unix" {
		return over.Instead("unix:"+u.Host, 0)
	}
	return over.Instead(u.Host, u.Port)
}
