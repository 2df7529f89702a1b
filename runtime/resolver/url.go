package resolver

import (
	"context"
	"errors"
	"net/netip"
	"strings"
)

// Options say how ParseURL reads an address. The zero value is that of a
// server in an upstream block without a default port.
type Options struct {
	DefaultPort int  // if the text has none; 0: the port stays 0
	Listen      bool // of a listen directive: port ranges, "*", and a port alone
	URIPart     bool // a URI may follow (proxy_pass)
	NoResolve   bool // names are not looked up

	// Lookup finds the addresses of names; nil is the package's Lookup.
	Lookup func(ctx context.Context, host string) ([]netip.Addr, error)
}

// A URL is an address as directives write it: "host", "host:port", "[::1]:80",
// "unix:/path", with a URI perhaps. nginx calls it ngx_url_t.
type URL struct {
	Text     string // as given
	Network  string // "tcp" or "unix"
	Host     string // with the brackets of IPv6; the path of a UNIX-domain socket
	Port     int
	LastPort int    // of a range; 0 if there is none
	PortText string // as given, the range included; "" if there is none
	NoPort   bool   // Port is the default
	URI      string // from the "/" or "?" on; for unix what follows the second colon
	Wildcard bool   // the address is 0.0.0.0, [::] or *

	// Addrs are the addresses of the host, each with every port of the range;
	// none of unix, and of names with NoResolve.
	Addrs []netip.AddrPort
}

// maxPath is how long the path of a UNIX-domain socket can be, without the
// zero byte at its end.
const maxPath = 107

// What is wrong with an address, in nginx's words. Directives say where it is:
// `invalid port in upstream "a:b"`, `no host in "" of the "listen" directive`.
var (
	errPort      = errors.New("invalid port")
	errPortRange = errors.New("invalid port range")
	errHost      = errors.New("invalid host")
	errNoHost    = errors.New("no host")
	errIPv6      = errors.New("invalid IPv6 address")
	errNoPath    = errors.New("no path in the unix domain socket")
	errLongPath  = errors.New("too long path in the unix domain socket")
)

// ParseURL reads an address as ngx_parse_url does. With an error the URL holds
// what was read before it.
func ParseURL(ctx context.Context, text string, o Options) (URL, error) {
	u := URL{Text: text, Network: "tcp"}
	var err error
	switch {
	case len(text) >= 5 && strings.EqualFold(text[:5], "unix:"):
		err = u.parseUnix(o)
	case strings.HasPrefix(text, "["):
		err = u.parse6(o)
	default:
		err = u.parse(ctx, o)
	}
	return u, err
}

// Names returns the names of the addresses, as in $upstream_addr and in logs.
func (u *URL) Names() []string {
	if u.Network == "unix" {
		return []string{u.Text[:5] + u.Host}
	}
	names := make([]string, len(u.Addrs))
	for i, a := range u.Addrs {
		names[i] = AddrPortText(a)
	}
	return names
}

func (u *URL) parseUnix(o Options) error {
	u.Network = "unix"
	path := u.Text[5:]
	if o.URIPart {
		path, u.URI, _ = strings.Cut(path, ":")
	}
	u.Host = path
	switch {
	case path == "":
		return errNoPath
	case len(path) > maxPath:
		return errLongPath
	}
	return nil
}

func (u *URL) parse6(o Options) error {
	end := strings.IndexByte(u.Text, ']')
	if end < 0 {
		return errHost
	}
	rest := u.Text[end+1:]
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		if o.Listen || !o.URIPart {
			return errHost
		}
		u.URI = rest[i:]
		rest = rest[:i]
	}
	switch {
	case rest == "":
		u.NoPort = true
		u.Port = o.DefaultPort
	case rest[0] != ':':
		return errHost
	default:
		if err := u.parsePorts(rest[1:], o); err != nil {
			return err
		}
	}
	if end == 1 {
		return errNoHost
	}
	u.Host = u.Text[:end+1]
	a, ok := parseAddr6(u.Text[1:end])
	if !ok {
		return errIPv6
	}
	u.Wildcard = a.IsUnspecified()
	u.add(a)
	return nil
}

// parsePorts reads a port, or if it may be one a range of ports.
func (u *URL) parsePorts(s string, o Options) error {
	first, last, isRange := strings.Cut(s, "-")
	if !o.Listen {
		first, isRange = s, false
	}
	if isRange {
		n, ok := parsePort(last)
		if !ok {
			return errPort
		}
		u.LastPort = int(n)
	}
	n, ok := parsePort(first)
	if !ok {
		return errPort
	}
	if isRange && int(n) > u.LastPort {
		return errPortRange
	}
	u.Port = int(n)
	u.PortText = s
	return nil
}

func (u *URL) parse(ctx context.Context, o Options) error {
	s := u.Text
	if i := strings.IndexAny(s, "/?"); i >= 0 {
		if o.Listen || !o.URIPart {
			return errHost
		}
		u.URI = s[i:]
		s = s[:i]
	}
	host, port, hasPort := strings.Cut(s, ":")
	if hasPort {
		if err := u.parsePorts(port, o); err != nil {
			return err
		}
	} else {
		if o.Listen && isPorts(s) {
			if err := u.parsePorts(s, o); err != nil {
				return err
			}
			u.Wildcard = true
			u.add(netip.IPv4Unspecified())
			return nil
		}
		u.NoPort = true
		u.Port = o.DefaultPort
	}
	if host == "" {
		return errNoHost
	}
	u.Host = host
	if o.Listen && host == "*" {
		u.Wildcard = true
		u.add(netip.IPv4Unspecified())
		return nil
	}
	if a, ok := parseAddr4(host); ok {
		u.Wildcard = a.IsUnspecified()
		u.add(a)
		return nil
	}
	if o.NoResolve {
		return nil
	}
	lookup := o.Lookup
	if lookup == nil {
		lookup = Lookup
	}
	list, err := lookup(ctx, host)
	if err != nil || len(list) == 0 {
		return ErrNotFound
	}
	for _, a := range list {
		u.add(a)
	}
	u.Wildcard = list[0].IsUnspecified()
	return nil
}

// isPorts tells whether what has no colon is a port or a range of ports, and
// not a host: numbers are, even those no port can have.
func isPorts(s string) bool {
	first, last, isRange := strings.Cut(s, "-")
	if isRange {
		if _, ok := atoi(last); !ok {
			return false
		}
	}
	_, ok := atoi(first)
	return ok
}

// add adds an address with every port of the range.
func (u *URL) add(a netip.Addr) {
	for port := u.Port; port <= max(u.Port, u.LastPort); port++ {
		u.Addrs = append(u.Addrs, netip.AddrPortFrom(a, uint16(port)))
	}
}
