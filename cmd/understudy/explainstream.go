package main

import (
	"understudy/directives"
	"understudy/directives/spec"
	"understudy/directives/stream/streamcore"
	"understudy/runtime/hostnames"
	"understudy/runtime/listen"
	sessions "understudy/runtime/stream"
)

func explainStream(c *directives.Compiled, q *query) (*explanation, error) {
	if c.Stream == nil {
		return nil, failf(exitFound, "the configuration has no stream block")
	}
	l, network := spec.Result[streamcore.Listening](c.Main), "tcp"
	if q.url.Scheme == "udp" {
		network = "udp"
	}
	at, err := arrive(q, network, l.Entries, func(i int) *listen.Addresses[*sessions.Address] { return &l.Ports[i].Addresses }, func(a *sessions.Address) bool {
		_, how, _ := a.Find([]byte(q.sni), nil)
		return q.sni != "" && how != hostnames.None
	})
	if err != nil {
		return nil, err
	}
	secure := q.url.Scheme == "tls" || q.sni != "" || len(q.alpn) > 0
	s, trace := l.Ports[at.port].Explain(sessions.Query{
		Remote: q.from, Local: at.local, Datagram: network == "udp", TLS: secure, ServerName: q.sni, Protocols: q.alpn, First: q.body,
	})
	x := &explanation{
		Shape:   shape,
		Request: inquiry{Scheme: q.url.Scheme, Host: q.url.Host, Client: q.from.String(), SNI: q.sni, ALPN: q.alpn, BodySize: int64(len(q.body))},
		Listen:  arrival{Address: at.address.Text, Why: at.why},
		Server:  &server{Name: s.Server.Name, spot: spotOf(s.Server.Pos)},
		Status:  int(s.Status),
	}
	for _, e := range trace.Events {
		x.step(step{Phase: e.Phase, Name: e.Name, Text: e.Text, spot: spotOf(e.Pos)})
	}
	if a := trace.Asked; a != nil {
		x.Upstream = &asked{Name: a.Name, Peers: a.Peers, Drawn: a.Drawn, TLS: a.Secure, spot: spotOf(a.Pos)}
		x.Upstream.bytes(append(a.Header, q.body...))
	}
	if x.Variables, err = evaluate(q.vars, c.Stream.Vars, s, x.Upstream != nil); err != nil {
		return nil, err
	}
	x.settings(c.Main.Built(s.Server), q.effective)
	return x, nil
}
