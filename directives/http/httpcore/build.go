package httpcore

import (
	"understudy/directives/spec"
	"understudy/parser/diag"
	"understudy/runtime/h1"
	"understudy/runtime/httpd"
)

// build makes the runtime graph of an http block when it closes.
func build(c *conf, call *spec.Call) error {
	s := call.Inner
	h := &httpd.HTTP{Vars: s.Vars(), Log: s.Env().Log, Version: s.Env().Version, Prefix: s.Env().Prefix}
	spec.SetResult(s, h)
	s.BuildMain(h)
	wanted := s.Env().Wanted
	scopes := map[*httpd.Server]*spec.Scope{}
	for _, child := range s.Children {
		if child.In != spec.Server {
			continue
		}
		srv := newServer(h, child)
		h.Servers = append(h.Servers, srv)
		scopes[srv] = child
		if wanted == nil {
			addLocations(h, srv, child)
		}
	}
	if err := checkBuffers(call); err != nil {
		return err
	}
	if wanted == nil {
		s.LinkHTTP()
		return buildListening(spec.OwnConf[conf](s), h, s)
	}
	if err := buildListening(spec.OwnConf[conf](s), h, s); err != nil {
		return err
	}
	for _, srv := range wanted(s) {
		addLocations(h, srv, scopes[srv])
	}
	s.LinkHTTP()
	return nil
}

// checkBuffers refuses large buffers that would not be large for nginx.
func checkBuffers(call *spec.Call) error {
	for _, child := range call.Inner.Children {
		if child.In != spec.Server {
			continue
		}
		if c := spec.Conf[conf](child); int64(c.largeBuffers.V.Size) < c.connectionPool.V {
			return call.ErrorAtClose(`the "large_client_header_buffers" size must be equal to or greater than "connection_pool_size"`)
		}
	}
	return nil
}

// newServer builds a server without what it has in common with its locations.
func newServer(h *httpd.HTTP, s *spec.Scope) *httpd.Server {
	c := spec.Conf[conf](s)
	srv := &httpd.Server{
		Pos:           s.At.Name.Pos,
		HeaderTimeout: c.headerTimeout.V,
		Head: h1.Options{
			HeaderBuffer:  int(c.headerBuffer.V),
			LargeBuffers:  c.largeBuffers.V.Number,
			LargeBuffer:   c.largeBuffers.V.Size,
			MaxFields:     c.maxHeaders.V,
			IgnoreInvalid: c.ignoreInvalid.V,
			Underscores:   c.underscores.V,
			MergeSlashes:  c.mergeSlashes.V,
		},
	}
	srv.Name, srv.Names = c.names.First(), c.names.Written()
	srv.Root = &httpd.Location{Pos: s.At.Name.Pos, Server: srv}
	s.SetResolving(c.lookup.Resolving())
	s.BuildServer(h, srv)
	return srv
}

// addLocations builds what newServer does not.
func addLocations(h *httpd.HTTP, srv *httpd.Server, s *spec.Scope) {
	s.BuildLocation(h, srv, srv.Root)
	srv.Root.SetLocations(buildLocations(h, srv, s))
}

// buildLocations builds the location blocks inside s.
func buildLocations(h *httpd.HTTP, srv *httpd.Server, s *spec.Scope) []*httpd.Location {
	var ls []*httpd.Location
	seen := map[[2]string]bool{}
	for _, child := range s.Children {
		if child.In != spec.Location {
			continue
		}
		d, err := parseLocation(&spec.Call{Directive: child.At, Scope: s})
		if err != nil {
			continue // reported when it was declared
		}
		l := &httpd.Location{
			Name: d.name, Modifier: d.modifier, Match: d.match, Pattern: d.pattern,
			Pos: d.pos, Server: srv,
		}
		if d.match != httpd.Regex && d.match != httpd.Named {
			kind := ""
			if d.match == httpd.Exact {
				kind = "="
			}
			if key := [2]string{kind, d.name}; seen[key] {
				*s.Diags() = append(*s.Diags(), diag.Diagnostic{
					Pos: d.pos, Severity: diag.Error, Code: "duplicate-location", Line: d.line,
					Msg: "duplicate location " + quoted(d.name),
				})
			} else {
				seen[key] = true
			}
		}
		child.BuildLocation(h, srv, l)
		l.SetLocations(buildLocations(h, srv, child))
		buildExcept(h, srv, child, l)
		ls = append(ls, l)
	}
	return ls
}

// buildExcept builds the limit_except block inside a location.
func buildExcept(h *httpd.HTTP, srv *httpd.Server, s *spec.Scope, l *httpd.Location) {
	for _, child := range s.Children {
		if child.In != spec.LimitExcept {
			continue
		}
		set, err := exceptMethods(&spec.Call{Directive: child.At, Scope: s})
		if err != nil {
			continue
		}
		x := child.BuildNameless(h, srv, l)
		l.Except, l.ExceptMethods = x, set
	}
}
