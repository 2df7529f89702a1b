// Package userid gives clients cookies to tell them apart by.
//
// https://nginx.org/en/docs/http/ngx_http_userid_module.html
package userid

import (
	"errors"
	"math"
	"strings"
	"time"

	"understudy/directives/spec"
	"understudy/runtime/httpd"
)

const anywhere = spec.HTTP | spec.Server | spec.Location

// Module is ngx_http_userid_filter_module.
var Module = spec.HTTPModule[conf]{
	Name: "http_userid_filter",
	Directives: []spec.Directive[conf]{{
		Name: "userid", In: anywhere, Syntax: "on | v1 | log | off", Default: "off",
		Doc: "Sets cookies of version 2 or 1 and logs those that come, or only logs them.",
		Set: spec.SetEnum(func(c *conf) *spec.Value[mode] { return &c.mode }, map[string]mode{"off": off, "log": log, "v1": v1, "on": v2}),
	}, {
		Name: "userid_service", In: anywhere, Syntax: "number",
		Doc: "Sets the part of the cookie that says which server gave it; else it is the server's address.",
		Set: spec.SetNumber(func(c *conf) *spec.Value[int] { return &c.service }, 0, 0),
	}, {
		Name: "userid_name", In: anywhere, Syntax: "name", Default: "uid",
		Doc: "Sets the name of the cookie.",
		Set: spec.SetText(func(c *conf) *spec.Value[string] { return &c.name }),
	}, {
		Name: "userid_domain", In: anywhere, Syntax: "name | none", Default: "none",
		Doc: "Sets the domain of the cookie.",
		Set: text(func(c *conf) *spec.Value[string] { return &c.domain }, "none", "; domain="),
	}, {
		Name: "userid_path", In: anywhere, Syntax: "path", Default: "/",
		Doc: "Sets the path of the cookie.",
		Set: text(func(c *conf) *spec.Value[string] { return &c.path }, "", "; path="),
	}, {
		Name: "userid_expires", In: anywhere, Syntax: "time | max | off", Default: "off",
		Doc: "Says how long a browser keeps the cookie; “off” is until it ends.",
		Set: spec.Scalar(func(c *conf) *spec.Value[time.Duration] { return &c.expires }, spec.Time, spec.Exactly(1), []string{"max", "off"}, parseExpires),
	}, {
		Name: "userid_flags", Since: "1.19.3", In: anywhere, Args: spec.Between(1, 3), Syntax: "off | flag …", Default: "off",
		Doc: "Adds attributes to the cookie: secure, httponly, samesite=strict, samesite=lax, samesite=none.",
		Set: spec.Fill(func(c *conf) *spec.Value[flags] { return &c.flags }, addFlags).As(spec.Words),
	}, {
		Name: "userid_p3p", In: anywhere, Syntax: "string | none", Default: "none",
		Doc: "Sets the P3P field that goes with the cookie.",
		Set: text(func(c *conf) *spec.Value[string] { return &c.p3p }, "none", ""),
	}, {
		Name: "userid_mark", In: anywhere, Syntax: "letter | digit | = | off", Default: "off",
		Doc: "Replaces the padding of the cookie by a mark; a cookie without it is sent again.",
		Set: spec.Scalar(func(c *conf) *spec.Value[byte] { return &c.mark }, spec.Text, spec.Exactly(1), nil, parseMark),
	}},
	Variables: variables,
	Location:  (*conf).addTo,
}

type conf struct {
	mode    spec.Value[mode]
	service spec.Value[int]
	name    spec.Value[string]
	domain  spec.Value[string] // as it stands in the cookie
	path    spec.Value[string] // as it stands in the cookie
	expires spec.Value[time.Duration]
	flags   spec.Value[flags]
	p3p     spec.Value[string]
	mark    spec.Value[byte] // 0: none
}

// A mode says what is done.
type mode int8

const (
	off mode = iota
	log
	v1
	v2
)

// forever is "max".
const forever = math.MaxInt64

// text stores a word behind a prefix; the word that is none stores nothing.
func text(field func(*conf) *spec.Value[string], none, prefix string) spec.Setter[conf] {
	return spec.Scalar(field, spec.Text, spec.Exactly(1), nil, func(call *spec.Call) (string, error) {
		word := call.Args[0].Text
		if none != "" && word == none {
			return "", nil
		}
		return prefix + word, nil
	})
}

func parseExpires(call *spec.Call) (time.Duration, error) {
	switch word := call.Args[0].Text; word {
	case "max":
		return forever, nil
	case "off":
		return 0, nil
	default:
		d, ok := spec.ParseTime(word, false)
		if !ok {
			return 0, errors.New("invalid value")
		}
		return d, nil
	}
}

func parseMark(call *spec.Call) (byte, error) {
	word := call.Args[0].Text
	switch {
	case word == "off":
		return 0, nil
	case len(word) != 1 || !strings.Contains("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz=", word):
		return 0, errors.New(`value must be "off" or a single letter, digit or "="`)
	}
	return word[0], nil
}

// Flags are a set of attributes of the cookie.
type flags uint8

const (
	flagOff flags = 1 << iota
	flagSecure
	flagHTTPOnly
	flagSameSite // with one of the next
	flagStrict
	flagLax
	flagNone
)

// attributes are in the order in which nginx writes them.
var attributes = []struct {
	word string
	bits flags
	has  flags // what makes it written
}{
	{"off", flagOff, 0},
	{"secure", flagSecure, flagSecure},
	{"httponly", flagHTTPOnly, flagHTTPOnly},
	{"samesite=strict", flagSameSite | flagStrict, flagStrict},
	{"samesite=lax", flagSameSite | flagLax, flagLax},
	{"samesite=none", flagSameSite | flagNone, flagNone},
}

func addFlags(fs *flags, call *spec.Call) error {
next:
	for i, a := range call.Args {
		for _, x := range attributes {
			if !strings.EqualFold(x.word, a.Text) {
				continue
			}
			if *fs&x.bits != 0 {
				call.Warnf(i, "duplicate-value", `duplicate value "%s"`, a.Text)
			} else {
				*fs |= x.bits
			}
			continue next
		}
		return call.Errorf(i, `invalid value "%s"`, a.Text)
	}
	return nil
}

// addTo adds a filter that sets the cookie, and lets the variables find it.
func (c *conf) addTo(b *spec.Builder) error {
	if c.mode.V == off {
		return nil
	}
	g := spec.Result[*givers](b.Scope)
	if g == nil {
		g = newGivers(b.Vars, c.mode.Pos)
		spec.SetResult(b.Scope, g)
	}
	u := &giver{
		givers: g, mode: c.mode.V, service: uint32(c.service.V), named: c.service.Given(),
		name: c.name.V, attributes: c.domain.V + c.path.V, expires: c.expires.V, p3p: []byte(c.p3p.V), mark: c.mark.V,
	}
	for _, x := range attributes {
		if c.flags.V&x.has != 0 {
			u.attributes += "; " + x.word
		}
	}
	g.byLocation[b.Location] = u
	if u.mode >= v1 {
		b.Filters = append(b.Filters, httpd.Filter{Name: "userid", Pos: c.mode.Pos, Head: u.filter})
	}
	return nil
}
