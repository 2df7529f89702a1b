package ssl

import (
	"crypto/tls"
	"strings"

	"understudy/directives/spec"
	"understudy/runtime/certs"
	"understudy/runtime/vars"
)

// A dynamic is certificates and keys whose names contain variables: they are
// known only when a client comes.
type dynamic[S vars.Subject] struct {
	certs, keys []*vars.Template[S]
	passwords   [][]byte
	store       *certs.Store
	env         *spec.Options
}

// compile returns nil if no name contains variables.
func (c *conf[S]) compile(t *vars.Table[S]) (*dynamic[S], error) {
	if !slicesContain(c.certificates.V) && !slicesContain(c.keys.V) {
		return nil, nil
	}
	d := &dynamic[S]{}
	for i, n := range c.certificates.V {
		for _, x := range []struct {
			n    name[S]
			list *[]*vars.Template[S]
		}{{n, &d.certs}, {c.keys.V[i], &d.keys}} {
			tm, err := t.Compile(x.n.text, x.n.call.Args[0].Pos)
			if err != nil {
				return nil, x.n.call.Coded(0, "bad-variable", "%v", err)
			}
			*x.list = append(*x.list, tm)
		}
	}
	d.env = c.certificates.V[0].call.Scope.Env()
	return d, nil
}

func slicesContain[S vars.Subject](list []name[S]) bool {
	for _, n := range list {
		if strings.Contains(n.text, "$") {
			return true
		}
	}
	return false
}

// load loads the certificates for one connection.
func (d *dynamic[S]) load(s S, alloc func(int) []byte) ([]tls.Certificate, error) {
	var list []tls.Certificate
	for i := range d.certs {
		cert := source(d.env, string(d.certs[i].Eval(s, alloc)), false)
		key := source(d.env, string(d.keys[i].Eval(s, alloc)), true)
		p, err := d.store.Pair(cert, key, d.passwords)
		if err != nil {
			return nil, err
		}
		list = append(list, *p)
	}
	return list, nil
}

// source makes the name of a certificate or key absolute, unless it is no file.
func source(env *spec.Options, name string, key bool) string {
	if strings.HasPrefix(name, "data:") || key && (strings.HasPrefix(name, "engine:") || strings.HasPrefix(name, "store:")) {
		return name
	}
	return env.ConfName(name)
}
