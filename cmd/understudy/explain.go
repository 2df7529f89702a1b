package main

import (
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"os"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"understudy/directives"
	"understudy/directives/spec"
	"understudy/runtime/httpd"
)

func (a *app) explainCommand() *cli.Command {
	return &cli.Command{
		Name:      "explain",
		Usage:     "say what would become of a request, and why",
		ArgsUsage: "[FILE|DIR] [METHOD] URL",
		Description: "Takes a request through the configuration without opening a socket: which server and\n" +
			"location it gets and why the others are not it, what is rewritten, and which file or\n" +
			"upstream answers, with the bytes that the upstream would get.\n\n" +
			"A URL of tcp, tls or udp, such as tls://db.example:5432, is about the stream block.\n" +
			"Ports and names in a URL may be those that an overlay gives to clients of run.",
		Flags: append(confFlags(),
			&cli.StringFlag{Name: "conf", Aliases: []string{"c"}, Value: ".", Usage: "the configuration, a `FILE|DIR`"},
			&cli.StringFlag{Name: "request", Aliases: []string{"X"}, Usage: "the `METHOD` (default: GET, or POST with a body)"},
			&cli.StringSliceFlag{Name: "header", Aliases: []string{"H"}, Usage: "a `FIELD` of the request, \"Name: value\""},
			&cli.StringFlag{Name: "data", Aliases: []string{"d"}, Usage: "the `BODY` of the request, or what a client of the stream block sends first; @file reads a file"},
			&cli.StringFlag{Name: "body-size", Usage: "the `SIZE` of a body that need not be given, such as 10m"},
			&cli.StringFlag{Name: "from", Value: "127.0.0.1:54321", Usage: "the client's `ADDRESS`"},
			&cli.StringFlag{Name: "sni", Usage: "the `NAME` of the server in the TLS handshake (default: the host of the URL, for tls)"},
			&cli.StringFlag{Name: "alpn", Usage: "the `PROTOCOLS` that the client offers in it, such as h2,http/1.1"},
			&cli.StringSliceFlag{Name: "var", Usage: "a `VARIABLE` to show, such as '$upstream_addr'"},
			&cli.BoolFlag{Name: "effective", Usage: "show what directives come to in the location, and where it was said"},
			&cli.BoolFlag{Name: "json", Usage: "print JSON"},
		),
		Action: a.explain,
	}
}

func (a *app) explain(c *cli.Context) error {
	defer uncollected()()
	conf, args := confOf(c)
	q, err := queryOf(c, args)
	if err != nil {
		return err
	}
	s, err := sourceOf(c, conf)
	if err != nil {
		return err
	}
	s.lenient, q.overlay = true, s.overlay
	color, err := a.palette(c)
	if err != nil {
		return err
	}
	if err := s.load(); err != nil {
		return err
	}
	for _, text := range s.notices() {
		fmt.Fprintf(a.stderr, "understudy: %s\n", text)
	}
	o, log := s.options(), new(listener)
	o.Log = slog.New(log)
	if q.stream() {
		o.Wanted = func(*spec.Scope) []*httpd.Server { return nil }
	} else {
		o.Wanted = func(main *spec.Scope) []*httpd.Server { return wanted(main, q) }
	}
	compiled, found := directives.Compile(s.tree, o)
	if found.Err() == nil {
		found = append(found, unsized(s.tree, compiled, o.Zones.Finish())...)
	}
	if found.Err() != nil {
		r := newRenderer(a.stderr, s.tree.Files, palette{colorful(a.stderr)})
		for _, d := range s.decorate(s.tree, found) {
			r.diagnostic(d)
		}
		return &failure{code: exitFound}
	}
	if compiled.HTTP != nil {
		compiled.HTTP.Mapping = s.overlay.mapping(compiled, s.overlay.ports)
	}
	var x *explanation
	if q.stream() {
		x, err = explainStream(compiled, q)
	} else {
		x, err = explainHTTP(compiled, q)
	}
	if err != nil {
		return err
	}
	x.Log = log.lines
	if c.Bool("json") {
		return encode(a.stdout, x)
	}
	(&storyteller{w: a.stdout, color: color}).tell(x)
	return nil
}

// A query is what the command line asks about.
type query struct {
	text, method, target string
	url                  *url.URL
	header               [][2]string
	host                 string
	body                 []byte
	size                 int64 // of a body that is not given
	from                 netip.AddrPort
	sni                  string
	alpn                 []string
	vars                 []string
	effective            bool
	overlay              *overlay // by which clients reach the configuration
}

func (q *query) stream() bool {
	return q.url.Scheme == "tcp" || q.url.Scheme == "udp" || q.url.Scheme == "tls"
}

// confOf is the configuration that the command line names: by an option or, as in other
// commands, by the first argument, if that is no method. It returns the other arguments.
func confOf(c *cli.Context) (conf string, args []string) {
	args = c.Args().Slice()
	if len(args) > 1 && !c.IsSet("conf") {
		if _, err := os.Stat(args[0]); err == nil || strings.ContainsAny(args[0], "./") { // no method has these
			return args[0], args[1:]
		}
	}
	return c.String("conf"), args
}

// queryOf reads the command line; args are those behind the configuration.
func queryOf(c *cli.Context, args []string) (*query, error) {
	q := &query{method: c.String("request"), vars: c.StringSlice("var"), effective: c.Bool("effective"), sni: c.String("sni")}
	if len(args) == 2 && q.method == "" {
		q.method, args = args[0], args[1:]
	}
	if len(args) != 1 {
		return nil, failf(exitUsage, "explain takes one URL, such as http://localhost/path\nTry understudy explain --help")
	}
	if q.text = args[0]; !strings.Contains(q.text, "://") {
		q.text = "http://" + q.text
	}
	var err error
	if q.url, err = url.Parse(q.text); err != nil {
		return nil, failf(exitUsage, "%v", err)
	}
	switch q.url.Scheme {
	case "http", "https":
	case "tcp", "udp", "tls":
		if q.url.Port() == "" {
			return nil, failf(exitUsage, "%q has no port", q.text)
		}
	default:
		return nil, failf(exitUsage, "%q is no URL of http, https, tcp, tls or udp", q.text)
	}
	if q.url.Host == "" {
		return nil, failf(exitUsage, "%q has no host", q.text)
	}
	if c.String("alpn") != "" {
		q.alpn = strings.Split(c.String("alpn"), ",")
	}
	if q.sni == "" && q.url.Scheme == "tls" {
		q.sni = q.url.Hostname()
	}
	q.host, q.target = q.url.Host, target0(q.text)
	if err := q.content(c); err != nil {
		return nil, err
	}
	if q.from, err = netip.ParseAddrPort(c.String("from")); err != nil {
		addr, err := netip.ParseAddr(c.String("from"))
		if err != nil {
			return nil, failf(exitUsage, "--from %q is no address", c.String("from"))
		}
		q.from = netip.AddrPortFrom(addr, 54321)
	}
	for _, f := range c.StringSlice("header") {
		name, value, ok := strings.Cut(f, ":")
		if !ok {
			return nil, failf(exitUsage, `-H %q is no field, such as "Accept: text/html"`, f)
		}
		value = strings.TrimSpace(value)
		if strings.EqualFold(name, "Host") {
			q.host = value
			continue
		}
		q.header = append(q.header, [2]string{name, value})
	}
	return q, nil
}

// content reads what the command line says of the body.
func (q *query) content(c *cli.Context) error {
	q.body = []byte(c.String("data"))
	if name, ok := strings.CutPrefix(c.String("data"), "@"); ok {
		var err error
		if q.body, err = os.ReadFile(name); err != nil {
			return failf(exitEnvironment, "%v", err)
		}
	}
	if text := c.String("body-size"); text != "" {
		var ok bool
		if q.size, ok = spec.ParseSize(text, true); !ok {
			return failf(exitUsage, "--body-size %q is no size, such as 10m", text)
		}
	}
	switch {
	case q.method != "":
	case len(q.body) > 0 || q.size > 0:
		q.method = "POST"
	default:
		q.method = "GET"
	}
	return nil
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

// port is the one that the URL names, or that of its scheme, as clients have it.
func (q *query) port() (port uint16, given bool, err error) {
	port = 80
	if q.url.Scheme == "https" {
		port = 443
	}
	if q.url.Port() == "" {
		return port, false, nil
	}
	n, err := strconv.ParseUint(q.url.Port(), 10, 16)
	if err != nil {
		return 0, false, failf(exitUsage, "%q is no port", q.url.Port())
	}
	return uint16(n), true, nil
}
