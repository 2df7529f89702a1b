package pass

import (
	"errors"
	"strings"
	"time"

	"understudy/directives/spec"
	"understudy/runtime/gateway"
	"understudy/runtime/httpd"
	"understudy/runtime/resolver"
)

// A family makes directives that end up in the Conf of a C.
type family[C any] struct {
	Kind
	at func(*C) *Conf
}

func (d family[C]) directive(name, syntax, def, doc string, set spec.Setter[C]) spec.Directive[C] {
	return spec.Directive[C]{Name: d.Prefix + name, In: Anywhere, Syntax: syntax, Default: def, Doc: doc, Set: set}
}

func (d family[C]) flag(name, def, doc string, field func(*Conf) *spec.Value[bool]) spec.Directive[C] {
	return d.directive(name, "on | off", def, doc, spec.SetFlag(func(c *C) *spec.Value[bool] { return field(d.at(c)) }))
}

func (d family[C]) millis(name, def, doc string, field func(*Conf) *spec.Value[time.Duration]) spec.Directive[C] {
	return d.directive(name, "time", def, doc, spec.SetTime(func(c *C) *spec.Value[time.Duration] { return field(d.at(c)) }, true))
}

func (d family[C]) size(name, def, doc string, field func(*Conf) *spec.Value[int64]) spec.Directive[C] {
	return d.directive(name, "size", def, doc, spec.SetSize(func(c *C) *spec.Value[int64] { return field(d.at(c)) }, false))
}

// scalar is a directive with a value of any type.
func scalar[C, T any](d family[C], name, syntax, def, doc string, kind spec.Kind, args spec.Arity,
	field func(*Conf) *spec.Value[T], parse func(*spec.Call) (T, error),
) spec.Directive[C] {
	return d.directive(name, syntax, def, doc, spec.Scalar(func(c *C) *spec.Value[T] { return field(d.at(c)) }, kind, args, nil, parse))
}

// ignoredSize is a size that is checked, and has no effect for a reason.
func (d family[C]) ignoredSize(name, doc, why string) spec.Directive[C] {
	x := d.directive(name, "size", "", doc, spec.Ignore[C](why, func(call *spec.Call) error {
		if _, ok := spec.ParseSize(call.Args[0].Text, false); !ok {
			return errors.New("invalid value")
		}
		return nil
	}))
	x.Args = spec.Exactly(1)
	return x
}

// connection are the directives about the connection and the choice of the
// server.
func (d family[C]) connection() []spec.Directive[C] {
	return []spec.Directive[C]{
		scalar(d, "bind", "address [transparent] | off", "", "Sets the local address of connections to the server.",
			spec.Text, spec.Between(1, 2), func(c *Conf) *spec.Value[local] { return &c.bind }, parseBind),
		d.flag("socket_keepalive", "off", "Sends TCP keepalive probes to the server.", func(c *Conf) *spec.Value[bool] { return &c.keepalive }),
		d.millis("connect_timeout", "60s", "Limits the time to connect to the server.", func(c *Conf) *spec.Value[time.Duration] { return &c.connect }),
		d.millis("send_timeout", "60s", "Limits the time between two writes to the server.", func(c *Conf) *spec.Value[time.Duration] { return &c.send }),
		d.millis("read_timeout", "60s", "Limits the time between two reads from the server.", func(c *Conf) *spec.Value[time.Duration] { return &c.read }),
		d.size("buffer_size", "4k", "Sets the size of the buffer for the head of a response, which must fit into it.", func(c *Conf) *spec.Value[int64] { return &c.bufferSize }),
		scalar(d, "next_upstream", d.Next.syntax(), "error timeout", "Says in which cases a request is passed to the next server.",
			spec.Enum, spec.AtLeast(1), func(c *Conf) *spec.Value[gateway.Condition] { return &c.next }, d.Next.parse),
		d.directive("next_upstream_tries", "number", "0", "Limits the number of servers tried; 0 is no limit.",
			spec.SetNumber(func(c *C) *spec.Value[int] { return &d.at(c).nextTries }, 0, 0)),
		d.millis("next_upstream_timeout", "0", "Limits the time within which another server is tried; 0 is no limit.", func(c *Conf) *spec.Value[time.Duration] { return &c.nextTimeout }),
	}
}

// request are the directives about the request as it is passed.
func (d family[C]) request() []spec.Directive[C] {
	return []spec.Directive[C]{
		d.flag("pass_request_headers", "on", "Passes the fields of the client's request.", func(c *Conf) *spec.Value[bool] { return &c.passHeaders }),
		d.flag("pass_request_body", "on", "Passes the body of the client's request.", func(c *Conf) *spec.Value[bool] { return &c.passBody }),
		d.flag("request_buffering", "on", "Reads the whole body before it is passed.", func(c *Conf) *spec.Value[bool] { return &c.requestBuffering }),
		d.flag("ignore_client_abort", "off", "Goes on when the client has gone.", func(c *Conf) *spec.Value[bool] { return &c.ignoreAbort }),
	}
}

// SocketBuffers are directives that most of the modules have. at finds the Conf in the
// module's configuration.
func SocketBuffers[C any](prefix string, at func(*C) *Conf) []spec.Directive[C] {
	d := family[C]{Kind{Prefix: prefix}, at}
	return []spec.Directive[C]{
		d.size("socket_rcvbuf", "", "Sets the receive buffer of connections to the server.", func(c *Conf) *spec.Value[int64] { return &c.rcvBuf }),
		d.size("socket_sndbuf", "", "Sets the send buffer of connections to the server.", func(c *Conf) *spec.Value[int64] { return &c.sndBuf }),
	}
}

// SendLowat is the directive that two of the modules have.
func SendLowat[C any](prefix string) spec.Directive[C] {
	return family[C]{Kind: Kind{Prefix: prefix}}.ignoredSize("send_lowat", "Sets a low-water mark where the system has one.", "the systems it is for do not run here")
}

// A local is what …_bind says.
type local struct {
	address     *httpd.Template // nil: off
	transparent bool            // it may be another host's
}

func parseBind(call *spec.Call) (local, error) {
	if len(call.Args) == 1 && call.Args[0].Text == "off" {
		return local{}, nil
	}
	t, err := call.Template(0)
	if err != nil {
		return local{}, err
	}
	if lit, ok := t.Literal(); ok {
		if _, ok := resolver.ParseAddrPort(string(lit)); !ok {
			return local{}, call.Errorf(0, `invalid address "%s"`, lit)
		}
	}
	if len(call.Args) == 2 && call.Args[1].Text != "transparent" {
		return local{}, call.Errorf(1, `invalid parameter "%s"`, call.Args[1].Text)
	}
	return local{t, len(call.Args) == 2}, nil
}

// response are the directives about the response.
func (d family[C]) response() []spec.Directive[C] {
	fields := func(name, doc string, field func(*Conf) *spec.Value[[]string]) spec.Directive[C] {
		x := d.directive(name, "field", "", doc, spec.AddTo(func(c *C) *spec.Value[[]string] { return field(d.at(c)) },
			func(call *spec.Call) (string, error) { return call.Args[0].Text, nil }))
		x.Args = spec.Exactly(1)
		return x
	}
	return []spec.Directive[C]{
		d.flag("intercept_errors", "off", "Lets error_page answer for errors of the server.", func(c *Conf) *spec.Value[bool] { return &c.intercept }),
		d.flag("force_ranges", "off", "Sends ranges of any response.", func(c *Conf) *spec.Value[bool] { return &c.forceRanges }),
		scalar(d, "limit_rate", "rate", "0", "Limits how fast a response is read, in bytes a second.",
			spec.Size, spec.Exactly(1), func(c *Conf) *spec.Value[*httpd.Template] { return &c.rate }, spec.SizeTemplate),
		scalar(d, "ignore_headers", "field ...", "", "Lets response fields have no effect here.",
			spec.Enum, spec.AtLeast(1), func(c *Conf) *spec.Value[gateway.Ignored] { return &c.ignore }, parseIgnore),
		fields("hide_header", "Does not pass a response field.", func(c *Conf) *spec.Value[[]string] { return &c.hide }),
		fields("pass_header", "Passes a response field that is hidden otherwise.", func(c *Conf) *spec.Value[[]string] { return &c.show }),
	}
}

var ignorable = map[string]gateway.Ignored{
	"x-accel-redirect": gateway.IgnoreRedirect, "x-accel-expires": gateway.IgnoreExpiresAccel,
	"x-accel-limit-rate": gateway.IgnoreLimitRate, "x-accel-buffering": gateway.IgnoreBuffering,
	"x-accel-charset": gateway.IgnoreCharset, "expires": gateway.IgnoreExpires,
	"cache-control": gateway.IgnoreCacheControl, "set-cookie": gateway.IgnoreSetCookie, "vary": gateway.IgnoreVary,
}

func parseIgnore(call *spec.Call) (set gateway.Ignored, err error) {
	for i, a := range call.Args {
		bit, ok := ignorable[strings.ToLower(a.Text)]
		if !ok {
			return 0, call.Errorf(i, `invalid value "%s"`, a.Text)
		}
		if set&bit != 0 {
			call.Warnf(i, "duplicate-value", `duplicate value "%s"`, a.Text)
		}
		set |= bit
	}
	return set, nil
}
