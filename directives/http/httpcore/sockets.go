package httpcore

import (
	"understudy/directives/listening"
	"understudy/directives/servername"
	"understudy/directives/spec"
	"understudy/runtime"
	"understudy/runtime/certs"
	"understudy/runtime/httpd"
)

// names are the directives that tell servers apart.
var names = []spec.Directive[conf]{
	servername.Directive(spec.Server, func(c *conf) *servername.List { return &c.names }),
	{
		Name: "listen", Names: spec.SocketAddress, In: spec.Server, Args: spec.AtLeast(1), Syntax: "address[:port] [default_server] [parameters]",
		Doc: "Sets the address and port, or the path of a unix socket, on which the server takes requests.",
		Set: spec.Do(func(c *conf, call *spec.Call) error {
			c.hasListen = true
			return ports(call.Scope).Listen(call)
		}).Visible(),
	},
}

// ports are those of the http block around s.
func ports(s *spec.Scope) *listening.Ports { return &spec.OwnConf[conf](s.Around(spec.HTTP)).ports }

// closeServer gives a server without a listen directive the default address.
func closeServer(c *conf, call *spec.Call) error {
	if c.hasListen {
		return nil
	}
	return ports(call.Inner).ListenByDefault(call)
}

// Listening is what the servers of a http block listen on. Ports are who serves
// the Entries, one for each.
type Listening struct {
	Entries []runtime.Entry
	Ports   []*httpd.Port
}

// buildListening makes sockets of the addresses that the listen directives name.
func buildListening(c *conf, h *httpd.HTTP, s *spec.Scope) error {
	var out Listening
	servers := map[*spec.Scope]*httpd.Server{}
	for _, child := range s.Children {
		if child.In == spec.Server {
			servers[child] = h.Servers[len(servers)]
		}
	}
	of := func(s *spec.Scope) *httpd.Server { return servers[s] }
	if err := c.ports.CheckCertificates(func(s *spec.Scope) *certs.Context { return of(s).TLS.Context }); err != nil {
		return err
	}
	for _, socket := range c.ports.Sockets() {
		port := &httpd.Port{HTTP: h}
		var err error
		port.Addresses, err = listening.Addresses(socket, func(a *listening.Address) (*httpd.Address, error) {
			x := &httpd.Address{Text: a.Text, Default: of(a.Default), SSL: a.SSL, HTTP2: a.HTTP2, ProxyProtocol: a.ProxyProtocol}
			return x, servername.Table(&x.Servers, a.Text, a.Servers, of, func(s *spec.Scope) servername.List { return spec.Conf[conf](s).names })
		})
		if err != nil {
			return err
		}
		out.Entries = append(out.Entries, runtime.Entry{Options: socket.Options, Serve: port.Serve, Accepted: port.Accepted})
		out.Ports = append(out.Ports, port)
	}
	spec.SetResult(s, out)
	return nil
}
