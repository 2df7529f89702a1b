package certificates

import (
	"crypto/tls"
	"slices"
	"strings"

	"understudy/directives/spec"
	"understudy/runtime/certs"
	"understudy/runtime/vars"
)

// A Name is that of a certificate or key, which may contain variables.
type Name struct {
	Text string

	Call *spec.Call // that gave it; nil: nobody did
}

// ParseName reads the name of a certificate or key. Its variables are looked
// for when the server is built: nginx complains of them then.
func ParseName(call *spec.Call) (Name, error) {
	return Name{call.Args[0].Text, call}, nil
}

// Source makes the name of a certificate or key absolute, unless it is no file.
func Source(env *spec.Options, name string, key bool) string {
	if strings.HasPrefix(name, "data:") || key && (strings.HasPrefix(name, "engine:") || strings.HasPrefix(name, "store:")) {
		return name
	}
	return env.ConfName(name)
}

// A Dynamic is certificates and keys whose names contain variables: they are
// known only when there is a connection.
type Dynamic[S vars.Subject] struct {
	Passwords [][]byte
	Store     *certs.Store // nil: nothing is kept

	certs, keys []*vars.Template[S]
	env         *spec.Options
}

// Compile returns nil if no name contains variables. There is a key for each
// certificate.
func Compile[S vars.Subject](t *vars.Table[S], list, keys []Name) (*Dynamic[S], error) {
	variable := func(n Name) bool { return strings.Contains(n.Text, "$") }
	if !slices.ContainsFunc(list, variable) && !slices.ContainsFunc(keys, variable) {
		return nil, nil
	}
	d := &Dynamic[S]{env: list[0].Call.Scope.Env()}
	for i, n := range list {
		for _, x := range []struct {
			n    Name
			list *[]*vars.Template[S]
		}{{n, &d.certs}, {keys[i], &d.keys}} {
			tm, err := t.Compile(x.n.Text, x.n.Call.Args[0].Pos)
			if err != nil {
				return nil, x.n.Call.Coded(0, "bad-variable", "%v", err)
			}
			*x.list = append(*x.list, tm)
		}
	}
	return d, nil
}

// Load loads the certificates for one connection. What is nobody's name is left
// out if optional.
func (d *Dynamic[S]) Load(s S, alloc func(int) []byte, optional bool) ([]tls.Certificate, error) {
	list := []tls.Certificate{}
	for i := range d.certs {
		name := string(d.certs[i].Eval(s, alloc))
		if name == "" && optional {
			continue
		}
		p, err := d.Store.Pair(Source(d.env, name, false), Source(d.env, string(d.keys[i].Eval(s, alloc)), true), d.Passwords)
		if err != nil {
			return nil, err
		}
		list = append(list, *p)
	}
	return list, nil
}
