package main

import (
	"fmt"
	"slices"
	"strings"

	"understudy/directives"
	"understudy/directives/http/httpcore"
	"understudy/directives/spec"
	"understudy/parser/diag"
	"understudy/runtime/h1"
	"understudy/runtime/hostnames"
	"understudy/runtime/httpd"
	"understudy/runtime/listen"
	"understudy/runtime/vars"
)

func explainHTTP(c *directives.Compiled, q *query) (*explanation, error) {
	if c.HTTP == nil {
		if c.Stream != nil {
			return nil, failf(exitFound, "the configuration has no http block: ask about its stream block with tcp://%s", q.url.Host)
		}
		return nil, failf(exitFound, "the configuration has no http block")
	}
	at, err := arriveHTTP(c.Main, q)
	if err != nil {
		return nil, err
	}
	r, trace, err := at.address.Explain(c.HTTP, httpd.Query{
		Method: q.method, Target: q.target, Host: q.host, Header: q.header, Remote: q.from, Local: at.local,
		Secure: q.url.Scheme == "https", Body: q.body, Size: q.size,
	})
	if err != nil {
		return nil, failf(exitFound, "the request cannot be read: %v", err)
	}
	x := &explanation{
		Shape:   shape,
		Request: inquiry{Method: q.method, Target: q.target, Host: q.host, Scheme: q.url.Scheme, Client: q.from.String(), BodySize: max(q.size, int64(len(q.body)))},
		Listen:  arrival{Address: at.address.Text, Why: at.why},
		URI:     string(r.URI), Args: string(r.Args), Status: int(r.Resp.Status), Redirect: string(r.Resp.Location), File: trace.File,
		Head: string(trace.Head),
	}
	for _, e := range trace.Events {
		x.step(step{Phase: e.Phase, Name: e.Name, Text: e.Text, Won: e.Won, spot: spotOf(e.Pos)})
		if e.Phase == "server" {
			x.Server = &server{Name: e.Name, Why: e.Text, spot: spotOf(e.Pos)}
		}
	}
	if l := trace.Location; l != nil {
		x.Location = &location{Title: l.Title(), Nginx: l.Configuration(), spot: spotOf(l.Pos)}
		if trace.Block != l.Pos {
			x.Location.Block = new(spot)
			*x.Location.Block = spotOf(trace.Block)
		}
	}
	for _, f := range trace.Fields {
		x.Headers = append(x.Headers, field{Name: f.Name, Value: f.Value, By: f.By, spot: spotOf(f.Pos)})
	}
	if a := trace.Asked; a != nil {
		x.Status, x.Head = 0, "" // the upstream's to say
		x.Upstream = &asked{Name: a.Name, Peers: a.Peers, Drawn: a.Drawn, TLS: a.Secure, Text: a.Text, spot: spotOf(a.Pos)}
		x.Upstream.bytes(a.Request)
	}
	if x.Variables, err = evaluate(q.vars, c.HTTP.Vars, r, x.Upstream != nil); err != nil {
		return nil, err
	}
	if r.Loc != nil {
		x.settings(c.Main.Built(r.Loc), q.effective)
	}
	return x, nil
}

// arriveHTTP finds where a request arrives.
func arriveHTTP(main *spec.Scope, q *query) (place[*httpd.Address], error) {
	l := spec.Result[httpcore.Listening](main)
	name := []byte(strings.ToLower(q.overlay.host(q.url.Hostname())))
	return arrive(q, "tcp", l.Entries, func(i int) *listen.Addresses[*httpd.Address] { return &l.Ports[i].Addresses }, func(a *httpd.Address) bool {
		_, how, _ := a.Find(nil, name)
		return how != hostnames.None
	})
}

// wanted are the servers that a request can get to: that of its host, or of the one
// in its request line, and the default one.
func wanted(main *spec.Scope, q *query) []*httpd.Server {
	at, err := arriveHTTP(main, q)
	if err != nil {
		return nil // as will be said
	}
	out := []*httpd.Server{at.address.Default}
	for _, text := range []string{q.host, q.url.Host} {
		host, _, err := h1.AppendHost(nil, []byte(text))
		if err != nil {
			continue
		}
		host = []byte(q.overlay.host(string(host)))
		if s, _, st := at.address.Find(nil, host); st == httpd.OK && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// evaluate returns the values of variables that a person asks for.
func evaluate[S vars.Subject](names []string, t *vars.Table[S], s S, asked bool) ([]variable, error) {
	var out []variable
	for _, text := range names {
		name := strings.ToLower(strings.Trim(strings.TrimPrefix(text, "$"), "{}"))
		v := variable{Name: "$" + name}
		if len(name) == 1 && name[0] >= '0' && name[0] <= '9' {
			v.set(s.Capture(int(name[0]-'0')), true)
			out = append(out, v)
			continue
		}
		if _, _, ok := t.Lookup(name); !ok {
			hint := ""
			if near := spec.Near(name, slices.Sorted(slices.Values(t.Names()))); len(near) > 0 {
				hint = fmt.Sprintf("; did you mean $%s?", near[0])
			}
			return nil, failf(exitUsage, "there is no variable %q%s", "$"+name, hint)
		}
		val, ok := t.Named(s, name)
		v.set(val, ok)
		if asked && strings.HasPrefix(name, "upstream_") && name != "upstream_addr" {
			v.Value, v.Note = nil, "the upstream has to answer first"
		}
		out = append(out, v)
	}
	return out, nil
}

// spotOf is a place as JSON has it.
func spotOf(p diag.Pos) spot { return spot{p.File, p.Line, p.Col} }
