package upstream

import (
	"os"

	"understudy/directives/spec"
	peers "understudy/runtime/upstream"
	"understudy/runtime/vars"
	"understudy/runtime/zone"
)

// A zoned is what a zone holds: the groups of this configuration that are in
// it, and those of the one before.
type zoned struct{ groups, before map[string]*peers.Group }

func newZoned(old *zoned) *zoned {
	z := &zoned{groups: map[string]*peers.Group{}}
	if old != nil {
		z.before = old.groups
	}
	return z
}

// owner tells the zones of http and stream apart.
func owner(in spec.Context) string {
	if in&(spec.Stream|spec.StreamUpstream) != 0 {
		return "stream upstream"
	}
	return "http upstream"
}

func setZone[S vars.Subject](c *conf[S], call *spec.Call) error {
	name := call.Args[0].Text
	if name == "" {
		return call.Errorf(0, `invalid zone name "%s"`, name)
	}
	c.zone = name
	if len(call.Args) == 1 {
		if err := call.Zones().Refer(owner(call.Scope.In), name); err != nil {
			return call.Errorf(0, "%v", err)
		}
		return nil
	}
	size, ok := spec.ParseSize(call.Args[1].Text, false)
	if !ok {
		return call.Errorf(1, `invalid zone size "%s"`, call.Args[1].Text)
	}
	if size < int64(8*os.Getpagesize()) {
		return call.Errorf(1, `zone "%s" is too small`, name)
	}
	if _, err := zone.OpenNew(call.Zones(), owner(call.Scope.In), name, size, newZoned); err != nil {
		return call.Errorf(0, "%v", err)
	}
	return nil
}

// join puts a group into a zone, where it takes over the addresses that the
// configuration before found for names.
func join(s *zone.Set, owner, name string, g *peers.Group) {
	z, ok := zone.Lookup[*zoned](s, owner, name)
	if !ok {
		return // never given a size, which is reported when all has been read
	}
	z.groups[g.Name] = g
	g.Inherit(z.before[g.Name])
}
