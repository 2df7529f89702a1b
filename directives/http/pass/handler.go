package pass

import (
	"strings"

	"understudy/directives/spec"
	"understudy/runtime/gateway"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
)

// A Place is what a …_pass directive says whose argument is an address and no
// URL.
type Place struct {
	scheme scheme
	whole  *httpd.Template // of an address with variables; nil otherwise
	group  *spec.Group
}

// A scheme is what may precede an address.
type scheme struct {
	name   string
	secure bool // the connection is encrypted
}

// Secure reports whether connections are, or may turn out to be, encrypted.
func (p *Place) Secure() bool { return p.scheme.secure }

// PlaceDirective returns the …_pass directive of a module. secure is the scheme
// of encrypted connections, "suwsgi://", and "" if the module has none.
func PlaceDirective[C any](k Kind, secure string, field func(*C) *spec.Value[*Place]) spec.Directive[C] {
	return spec.Directive[C]{
		Name: k.Prefix + "pass", Names: spec.ServerAddress, In: spec.Location | spec.LocationIf, Args: spec.Exactly(1), Syntax: "address",
		Doc: "Sets the address of the server to pass requests to.",
		Set: spec.Handler(field, func(call *spec.Call) (*Place, error) {
			return parsePlace(call, schemes(k.Prefix, secure), k.Fixed)
		}),
	}
}

// schemes are those of a module; the first is that of addresses without one.
func schemes(prefix, secure string) []scheme {
	ss := []scheme{{name: strings.TrimSuffix(prefix, "_") + "://"}}
	if secure != "" {
		ss = append(ss, scheme{secure, true})
	}
	return ss
}

func parsePlace(call *spec.Call, ss []scheme, fixed bool) (*Place, error) {
	text := call.Args[0].Text
	if strings.Contains(text, "$") && !fixed {
		whole, err := call.Template(0)
		return &Place{scheme: scheme{ss[0].name, len(ss) > 1}, whole: whole}, err
	}
	p := &Place{scheme: ss[0]}
	if len(ss) > 1 {
		p.scheme, text = cutScheme(text, ss)
	}
	u, err := ParseURL(text, 0, false)
	if err != nil {
		return nil, call.Errorf(0, "%v", err)
	}
	p.group, err = UseGroup(call, u, text, 0)
	return p, err
}

// cutScheme returns the scheme of an address, in any case, and the rest.
func cutScheme(text string, ss []scheme) (scheme, string) {
	for _, s := range ss {
		if len(text) >= len(s.name) && strings.EqualFold(text[:len(s.name)], s.name) {
			return s, text[len(s.name):]
		}
	}
	return ss[0], text
}

// A Handler passes the requests of one location to a Place.
type Handler struct {
	Place    *Place
	Secure   string // scheme of encrypted connections; "": there are none
	Protocol gateway.Protocol
	Settings *gateway.Settings
	TLS      *gateway.TLS // of secure places

	// Explain says what is sent, for people.
	Explain func(r *httpd.Request) string

	// Run is what is done with a request, if that is not only Forward.
	Run func(r *httpd.Request) httpd.Status

	schemes []scheme
	to      gateway.Target
	finder  *Finder
}

// Content makes h the content of a location, unless another …_pass directive
// does.
func (h *Handler) Content(k Kind, b *spec.Builder, given *spec.Value[*Place]) {
	h.schemes = schemes(k.Prefix, h.Secure)
	h.Protocol.Scheme, h.Protocol.Secure = h.schemes[0].name, h.Secure
	if h.Place.whole != nil {
		h.finder = NewFinder(b)
	} else {
		h.to = To(h.Place.group)
		if h.Place.scheme.secure {
			h.to.TLS = h.TLS
		}
	}
	if !Takes(b, given.Pos) {
		return
	}
	Own(b, given)
	run := h.Run
	if run == nil {
		run = h.Forward
	}
	b.Location.Content = &httpd.Step{Name: k.Prefix + "pass", Pos: given.Pos, Bound: true, Run: run, Explain: h.explain}
}

// Forward passes a request.
func (h *Handler) Forward(r *httpd.Request) httpd.Status {
	to := h.to
	if h.finder != nil {
		var st httpd.Status
		if to, st = h.find(r); st != httpd.OK {
			return st
		}
	}
	return gateway.Forward(r, to, &h.Protocol, h.Settings)
}

// find evaluates an address with variables.
func (h *Handler) find(r *httpd.Request) (to gateway.Target, st httpd.Status) {
	s, text := h.schemes[0], string(r.Eval(h.Place.whole))
	if h.Secure != "" {
		s, text = cutScheme(text, h.schemes)
	}
	u, err := ParseURL(text, 0, false)
	if err != nil {
		r.Errorf(logs.Error, "%v", err)
		return to, 500
	}
	if to, st = h.finder.Find(r, u, 0); s.secure {
		to.TLS = h.TLS
	}
	return to, st
}

// explain says where a request would go, and what would be sent.
func (h *Handler) explain(r *httpd.Request) (string, httpd.Status) {
	to := h.to
	if h.finder != nil {
		var st httpd.Status
		if to, st = h.find(r); st != httpd.OK {
			return "there is nobody to ask", st
		}
	}
	return gateway.Explain(r, to, &h.Protocol, h.Settings, h.Explain)
}

// CGIHidden are the response fields that modules like FastCGI do not pass on.
var CGIHidden = []string{"Status", "X-Accel-Expires", "X-Accel-Redirect", "X-Accel-Limit-Rate", "X-Accel-Buffering", "X-Accel-Charset"}
