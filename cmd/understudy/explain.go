package main

import (
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"understudy/directives"
	"understudy/directives/http/httpcore"
	"understudy/directives/spec"
	"understudy/runtime/hostnames"
	"understudy/runtime/httpd"
)

func (a *app) explainCommand() *cli.Command {
	return &cli.Command{
		Name:      "explain",
		Usage:     "say what would become of a request, and why",
		ArgsUsage: "URL",
		Description: "Takes a request through the configuration without opening a socket: which server and\n" +
			"location it gets and why the others are not it, what is rewritten, and which file or\n" +
			"upstream answers, with the bytes that the upstream would get.",
		Flags: append(confFlags(),
			&cli.StringFlag{Name: "conf", Aliases: []string{"c"}, Value: ".", Usage: "the configuration, a `FILE|DIR`"},
			&cli.StringFlag{Name: "request", Aliases: []string{"X"}, Value: "GET", Usage: "the `METHOD`"},
			&cli.StringSliceFlag{Name: "header", Aliases: []string{"H"}, Usage: "a `FIELD` of the request, \"Name: value\""},
			&cli.StringFlag{Name: "from", Value: "127.0.0.1:54321", Usage: "the client's `ADDRESS`"},
		),
		Action: a.explain,
	}
}

func (a *app) explain(c *cli.Context) error {
	if c.NArg() != 1 {
		return failf(exitUsage, "explain takes one URL, such as http://localhost/path\nTry understudy explain --help")
	}
	s, err := sourceOf(c, c.String("conf"))
	if err != nil {
		return err
	}
	color, err := a.palette(c)
	if err != nil {
		return err
	}
	q, u, err := queryOf(c)
	if err != nil {
		return err
	}
	if err := s.load(); err != nil {
		return err
	}
	for _, name := range s.stock {
		fmt.Fprintf(a.stderr, "understudy: %s\n", stockText(name))
	}
	o, log := s.options(), new(listener)
	o.Log = slog.New(log)
	compiled, found := directives.Compile(s.tree, o)
	if found.Err() != nil {
		r := newRenderer(a.stderr, s.tree.Files, palette{colorful(a.stderr)})
		for _, d := range decorate(s.tree, found) {
			r.diagnostic(d)
		}
		return &failure{code: exitFound}
	}
	if compiled.HTTP == nil {
		return failf(exitFound, "%s has no http block", s.conf)
	}
	at, err := addressFor(spec.Result[httpcore.Listening](compiled.Main), u)
	if err != nil {
		return err
	}
	q.Local = at.local
	r, trace, err := at.address.Explain(compiled.HTTP, q)
	if err != nil {
		return failf(exitFound, "the request cannot be read: %v", err)
	}
	p := &storyteller{w: a.stdout, color: color}
	p.tell(q, at, r, trace, log.lines)
	return nil
}

// queryOf makes the request that the command line asks for.
func queryOf(c *cli.Context) (q httpd.Query, u *url.URL, err error) {
	text := c.Args().First()
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	if u, err = url.Parse(text); err != nil {
		return q, nil, failf(exitUsage, "%v", err)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return q, nil, failf(exitUsage, "%q is no URL of http or https", text)
	}
	q = httpd.Query{Method: c.String("request"), Target: target0(text), Host: u.Host, Secure: u.Scheme == "https"}
	if q.Remote, err = netip.ParseAddrPort(c.String("from")); err != nil {
		addr, err := netip.ParseAddr(c.String("from"))
		if err != nil {
			return q, nil, failf(exitUsage, "--from %q is no address", c.String("from"))
		}
		q.Remote = netip.AddrPortFrom(addr, 54321)
	}
	for _, f := range c.StringSlice("header") {
		name, value, ok := strings.Cut(f, ":")
		if !ok {
			return q, nil, failf(exitUsage, `-H %q is no field, such as "Accept: text/html"`, f)
		}
		value = strings.TrimSpace(value)
		if strings.EqualFold(name, "Host") {
			q.Host = value
			continue
		}
		q.Header = append(q.Header, [2]string{name, value})
	}
	return q, u, nil
}

// target0 is what a client puts into the request line for a URL: as it is
// written, for it may be about what a URL parser would change.
func target0(text string) string {
	_, rest, _ := strings.Cut(text, "://")
	i := strings.IndexAny(rest, "/?#")
	if i < 0 {
		return "/"
	}
	rest, _, _ = strings.Cut(rest[i:], "#")
	if !strings.HasPrefix(rest, "/") {
		rest = "/" + rest
	}
	return rest
}

// A place is where a connection would arrive.
type place struct {
	address *httpd.Address
	local   netip.AddrPort
	why     string
}

// addressFor finds who listens for a URL. The name of its host says nothing of
// its address, so an address in the URL is taken as it is, and for a name
// every address of the port will do.
func addressFor(l httpcore.Listening, u *url.URL) (place, error) {
	port := uint16(80)
	if u.Scheme == "https" {
		port = 443
	}
	given := u.Port() != ""
	if given {
		n, err := strconv.ParseUint(u.Port(), 10, 16)
		if err != nil {
			return place{}, failf(exitUsage, "%q is no port", u.Port())
		}
		port = uint16(n)
	}
	host, _ := netip.ParseAddr(u.Hostname())
	var all []string
	best, score := place{}, 0
	for i := range l.Entries {
		e := &l.Entries[i]
		all = append(all, e.Addr)
		addr, err := netip.ParseAddrPort(e.Addr)
		if err != nil { // a unix socket
			continue
		}
		p, n := candidate(l.Ports[i], addr, host, u.Hostname())
		switch {
		case addr.Port() == port:
			n += 100
		case given:
			continue
		}
		if n > score {
			best, score = p, n
		}
	}
	switch {
	case score == 0:
		return best, failf(exitFound, "nothing listens on port %d: the configuration listens on %s", port, strings.Join(all, ", "))
	case score < 100 && len(l.Entries) > 1:
		return best, failf(exitFound, "nothing listens on port %d; put a port into the URL: the configuration listens on %s", port, strings.Join(all, ", "))
	case score < 100:
		best.why = fmt.Sprintf("nothing listens on port %d, and this is all there is", port)
	}
	return best, nil
}

// candidate says how well a socket does for a host: 0 not at all.
func candidate(p *httpd.Port, addr netip.AddrPort, host netip.Addr, name string) (place, int) {
	at := place{p.Any, addr, ""}
	if host.IsValid() {
		if a := p.Addrs[host]; a != nil {
			return place{a, netip.AddrPortFrom(host, addr.Port()), "the address itself"}, 3
		}
		switch {
		case addr.Addr() == host:
			return at, 3
		case addr.Addr().IsUnspecified() && addr.Addr().Is4() == host.Is4():
			at.local = netip.AddrPortFrom(host, addr.Port())
			return at, 2
		}
		return at, 0
	}
	loopback := netip.MustParseAddr("127.0.0.1")
	if addr.Addr().Is6() {
		loopback = netip.IPv6Loopback()
	}
	if addr.Addr().IsUnspecified() {
		at.local = netip.AddrPortFrom(loopback, addr.Port())
	}
	_, how, _ := at.address.Find(&httpd.Request{}, []byte(strings.ToLower(name)))
	if how != hostnames.None {
		return at, 2
	}
	return at, 1
}
