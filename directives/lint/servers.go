package lint

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"understudy/directives/http/httpcore"
	"understudy/directives/spec"
	"understudy/parser/diag"
	"understudy/runtime/hostnames"
)

// hiddenServer finds servers of all addresses that a server of one address hides there.
func hiddenServer(l *linter) {
	if l.c.HTTP == nil {
		return
	}
	listening := spec.Result[httpcore.Listening](l.c.Main)
	for i, port := range listening.Ports {
		if port.Any == nil || len(port.Addrs) == 0 {
			continue
		}
		for _, ip := range slices.SortedFunc(maps.Keys(port.Addrs), netip.Addr.Compare) {
			a := port.Addrs[ip]
			if a == port.Any {
				continue
			}
			for _, s := range l.servers {
				name := ""
				for _, d := range s.doors {
					if d.addr == port.Any && d.named {
						name = d.host
					}
				}
				got, how, _ := a.Find(nil, []byte(name))
				if name == "" || got == s.srv || how != hostnames.None || slices.Contains(got.Names, name) {
					continue
				}
				l.hint(diag.Diagnostic{
					Pos: s.srv.Pos, Code: "hidden-server",
					Msg:    fmt.Sprintf("a request for %s to %s does not get here but to the server at %s:%d", name, a.Text, got.Pos.File, got.Pos.Line),
					Detail: fmt.Sprintf("a listen with an address wins over `listen %s`: add `listen %s;` here, too", strings.TrimPrefix(listening.Entries[i].Addr, "0.0.0.0:"), a.Text),
				})
			}
		}
	}
}

// unsafeIf finds conditions that lose the try_files of the location around them.
func unsafeIf(l *linter) {
	for _, p := range l.places {
		for _, s := range p.scope.Children {
			if s.In != spec.LocationIf || ends(s) {
				continue
			}
			f := s.EffectOf("try_files")
			if len(f.Lost) == 0 || len(f.Given) > 0 {
				continue
			}
			lost := f.Lost[len(f.Lost)-1]
			if lost.Scope != p.scope {
				continue
			}
			l.warn(diag.Diagnostic{
				Pos: s.At.Name.Pos, Code: "unsafe-if",
				Msg:    fmt.Sprintf("where this condition holds, %s is not in force", quoted(lost.Directive)),
				Detail: "an `if` is a location of its own, which inherits no try_files: only return, rewrite and set are safe in it; a map outside is mostly what is meant",
			})
		}
	}
}

// ends reports whether an if decides about a request for good.
func ends(s *spec.Scope) bool {
	for _, d := range s.At.Block {
		if d.Err != nil {
			continue
		}
		switch d.Name.Text {
		case "return":
			return true
		case "rewrite":
			switch arg(d, 2) {
			case "last", "redirect", "permanent":
				return true
			}
			if to := arg(d, 1); strings.HasPrefix(to, "http") {
				return true
			}
		}
		if slices.Contains(contents[2:8], d.Name.Text) {
			return true
		}
	}
	return false
}
