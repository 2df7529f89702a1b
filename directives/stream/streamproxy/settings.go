package streamproxy

import (
	"errors"
	"time"

	"understudy/directives/spec"
	"understudy/runtime/resolver"
	"understudy/runtime/stream"
)

var settings = []spec.Directive[conf]{{
	Name: "proxy_bind", In: anywhere, Args: spec.Between(1, 2), Syntax: "address [transparent] | off",
	Doc: "Makes connections to proxied servers come from a local address.",
	Set: spec.Scalar(func(c *conf) *spec.Value[local] { return &c.bind }, spec.Text, spec.Between(1, 2), nil, parseBind),
}, {
	Name: "proxy_socket_keepalive", In: anywhere, Syntax: "on | off", Default: "off",
	Doc: "Probes whether proxied servers are still there.",
	Set: spec.SetFlag(func(c *conf) *spec.Value[bool] { return &c.keepalive }),
}, {
	Name: "proxy_socket_rcvbuf", Since: "1.31.3", In: anywhere, Syntax: "size",
	Doc: "Sets the receive buffer of sockets to proxied servers.",
	Set: spec.SetSize(func(c *conf) *spec.Value[int64] { return &c.rcvBuf }, false),
}, {
	Name: "proxy_socket_sndbuf", Since: "1.31.3", In: anywhere, Syntax: "size",
	Doc: "Sets the send buffer of sockets to proxied servers.",
	Set: spec.SetSize(func(c *conf) *spec.Value[int64] { return &c.sndBuf }, false),
}, {
	Name: "proxy_connect_timeout", In: anywhere, Syntax: "time", Default: "60s",
	Doc: "Limits the time for connecting to a proxied server.",
	Set: spec.SetTime(func(c *conf) *spec.Value[time.Duration] { return &c.connect }, true),
}, {
	Name: "proxy_timeout", In: anywhere, Syntax: "timeout", Default: "10m",
	Doc: "Ends a session in which nothing has been sent, by either side, for so long.",
	Set: spec.SetTime(func(c *conf) *spec.Value[time.Duration] { return &c.timeout }, true),
}, {
	Name: "proxy_buffer_size", In: anywhere, Syntax: "size", Default: "16k",
	Doc: "Sets the size of the buffer that bytes pass through.",
	Set: spec.SetSize(func(c *conf) *spec.Value[int64] { return &c.buffer }, false),
},
	deprecated("proxy_downstream_buffer"), deprecated("proxy_upstream_buffer"),
	{
		Name: "proxy_upload_rate", In: anywhere, Syntax: "rate", Default: "0",
		Doc: "Limits the bytes a second read of a client.",
		Set: rate(func(c *conf) *spec.Value[*stream.Template] { return &c.upload }),
	}, {
		Name: "proxy_download_rate", In: anywhere, Syntax: "rate", Default: "0",
		Doc: "Limits the bytes a second read of a proxied server.",
		Set: rate(func(c *conf) *spec.Value[*stream.Template] { return &c.download }),
	}, {
		Name: "proxy_requests", In: anywhere, Syntax: "number", Default: "0",
		Doc: "Sets after how many datagrams of a client its session is a new one.",
		Set: spec.SetNumber(func(c *conf) *spec.Value[int] { return &c.requests }, 0, 0),
	}, {
		Name: "proxy_responses", In: anywhere, Syntax: "number",
		Doc: "Sets how many datagrams answer one of a client.",
		Set: spec.SetNumber(func(c *conf) *spec.Value[int] { return &c.responses }, 0, 0),
	}, {
		Name: "proxy_next_upstream", In: anywhere, Syntax: "on | off", Default: "on",
		Doc: "Tries the next server of the group when there is no connection to one.",
		Set: spec.SetFlag(func(c *conf) *spec.Value[bool] { return &c.next }),
	}, {
		Name: "proxy_next_upstream_tries", In: anywhere, Syntax: "number", Default: "0",
		Doc: "Limits the number of servers that are tried.",
		Set: spec.SetNumber(func(c *conf) *spec.Value[int] { return &c.nextTries }, 0, 0),
	}, {
		Name: "proxy_next_upstream_timeout", In: anywhere, Syntax: "time", Default: "0",
		Doc: "Limits the time in which servers are tried.",
		Set: spec.SetTime(func(c *conf) *spec.Value[time.Duration] { return &c.nextTimeout }, true),
	}, {
		Name: "proxy_protocol", In: anywhere, Syntax: "on | off | v2", Default: "off",
		Doc: "Begins connections to proxied servers with a PROXY protocol header.",
		Set: spec.SetEnum(func(c *conf) *spec.Value[int] { return &c.protocol }, map[string]int{"off": 0, "on": 1, "v2": 2}),
	}, {
		Name: "proxy_half_close", Since: "1.21.4", In: anywhere, Syntax: "on | off", Default: "off",
		Doc: "Passes the end of one direction on and lets the other go on.",
		Set: spec.SetFlag(func(c *conf) *spec.Value[bool] { return &c.halfClose }),
	}}

// deprecated is an old name of proxy_buffer_size.
func deprecated(name string) spec.Directive[conf] {
	return spec.Directive[conf]{
		Name: name, In: anywhere, Syntax: "size",
		Doc: "The old name of proxy_buffer_size.",
		Set: spec.Scalar(func(c *conf) *spec.Value[int64] { return &c.buffer }, spec.Size, spec.Exactly(1), nil, func(call *spec.Call) (int64, error) {
			n, ok := spec.ParseSize(call.Args[0].Text, false)
			if !ok {
				return 0, errors.New("invalid value")
			}
			call.Warnf(-1, "deprecated", `the "%s" directive is deprecated, use the "proxy_buffer_size" directive instead`, name)
			return n, nil
		}),
	}
}

// rate stores a size that may contain variables.
func rate(field func(*conf) *spec.Value[*stream.Template]) spec.Setter[conf] {
	return spec.Scalar(field, spec.Text, spec.Exactly(1), nil, func(call *spec.Call) (*stream.Template, error) {
		t, err := call.StreamTemplate(0)
		if err != nil {
			return nil, err
		}
		if text, ok := t.Literal(); ok {
			if _, ok := spec.ParseSize(string(text), false); !ok {
				return nil, errors.New("invalid value")
			}
		}
		return t, nil
	})
}

// A local is what proxy_bind says.
type local struct {
	address     *stream.Template // nil: off
	transparent bool
}

func parseBind(call *spec.Call) (local, error) {
	text := call.Args[0].Text
	if len(call.Args) == 1 && text == "off" {
		return local{}, nil
	}
	t, err := call.StreamTemplate(0)
	if err != nil {
		return local{}, err
	}
	if lit, ok := t.Literal(); ok {
		if _, ok := resolver.ParseAddrPort(string(lit)); !ok {
			return local{}, call.Errorf(0, `invalid address "%s"`, text)
		}
	}
	if len(call.Args) == 2 && call.Args[1].Text != "transparent" {
		return local{}, call.Errorf(1, `invalid parameter "%s"`, call.Args[1].Text)
	}
	return local{t, len(call.Args) == 2}, nil
}
