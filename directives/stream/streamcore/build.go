package streamcore

import (
	"understudy/directives/listening"
	"understudy/directives/servername"
	"understudy/directives/spec"
	"understudy/runtime"
	"understudy/runtime/certs"
	"understudy/runtime/stream"
)

// names are the directives that tell servers apart.
var names = []spec.Directive[conf]{{
	Name: "listen", Names: spec.SocketAddress, In: spec.StreamServer, Args: spec.AtLeast(1), Syntax: "address:port [parameters]",
	Doc: "Sets the address and port, or the path of a unix socket, on which the server takes connections.",
	Set: spec.Do(func(c *conf, call *spec.Call) error {
		c.hasListen = true
		return spec.OwnConf[conf](call.Scope.Around(spec.Stream)).ports.Listen(call)
	}),
}, servername.Directive(spec.StreamServer, func(c *conf) *servername.List { return &c.names }),
}

// Listening is what the servers of a stream block listen on. Ports are who
// serves the Entries, one for each.
type Listening struct {
	Entries []runtime.Entry
	Ports   []*stream.Port
}

// build makes the runtime graph of a stream block when it closes.
func build(c *conf, call *spec.Call) error {
	s := call.Inner
	st := stream.New(s.StreamVars(), s.Env().Log, s.Env().Version)
	spec.SetResult(s, st)
	s.BuildStreamMain(st)
	for _, child := range s.Children {
		if child.In != spec.StreamServer {
			continue
		}
		of := spec.Conf[conf](child)
		srv := &stream.Server{Pos: child.At.Name.Pos, Name: of.names.First()}
		child.SetResolving(of.lookup.Resolving())
		child.BuildStreamServer(st, srv)
		st.Servers = append(st.Servers, srv)
	}
	s.LinkStream()
	return buildListening(c, st, s)
}

// buildListening makes sockets of the addresses that the listen directives name.
func buildListening(c *conf, st *stream.Stream, s *spec.Scope) error {
	var out Listening
	servers := map[*spec.Scope]*stream.Server{}
	for _, child := range s.Children {
		if child.In == spec.StreamServer {
			servers[child] = st.Servers[len(servers)]
		}
	}
	of := func(s *spec.Scope) *stream.Server { return servers[s] }
	if err := c.ports.CheckCertificates(func(s *spec.Scope) *certs.Context { return of(s).TLS.Context }); err != nil {
		return err
	}
	for _, socket := range c.ports.Sockets() {
		port := &stream.Port{Stream: st, Text: socket.Text}
		var err error
		port.Addresses, err = listening.Addresses(socket, func(a *listening.Address) (*stream.Address, error) {
			x := &stream.Address{Text: a.Text, Default: of(a.Default), SSL: a.SSL, ProxyProtocol: a.ProxyProtocol}
			return x, servername.Table(&x.Servers, a.Text, a.Servers, of, func(s *spec.Scope) servername.List { return spec.Conf[conf](s).names })
		})
		if err != nil {
			return err
		}
		e := runtime.Entry{Options: socket.Options, Serve: port.Serve}
		if socket.UDP {
			e.Serve, e.ServeUDP = nil, port.ServeUDP
		}
		out.Entries = append(out.Entries, e)
		out.Ports = append(out.Ports, port)
	}
	spec.SetResult(s, out)
	return nil
}
