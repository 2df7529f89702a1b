package proxy

import (
	"errors"
	"strings"
	"time"

	"understudy/directives/spec"
	"understudy/runtime/gateway"
	"understudy/runtime/httpd"
)

func flag(name, def, doc string, field func(*conf) *spec.Value[bool]) spec.Directive[conf] {
	return spec.Directive[conf]{Name: name, In: anywhere, Syntax: "on | off", Default: def, Doc: doc, Set: spec.SetFlag(field)}
}

func millis(name, def, doc string, field func(*conf) *spec.Value[time.Duration]) spec.Directive[conf] {
	return spec.Directive[conf]{Name: name, In: anywhere, Syntax: "time", Default: def, Doc: doc, Set: spec.SetTime(field, true)}
}

func size(name, def, doc string, field func(*conf) *spec.Value[int64]) spec.Directive[conf] {
	return spec.Directive[conf]{Name: name, In: anywhere, Syntax: "size", Default: def, Doc: doc, Set: spec.SetSize(field, false)}
}

func ignoredNumber(name string) spec.Directive[conf] {
	return spec.Directive[conf]{
		Name: name, In: anywhere, Args: spec.Exactly(1), Syntax: "size", Doc: "Tunes a hash table of nginx.",
		Set: spec.Ignore[conf]("hash tables need no tuning here", func(call *spec.Call) error {
			if _, ok := spec.ParseNumber(call.Args[0].Text); !ok {
				return errors.New("invalid number")
			}
			return nil
		}),
	}
}

func ignoredSize(name, doc, why string) spec.Directive[conf] {
	return spec.Directive[conf]{
		Name: name, In: anywhere, Args: spec.Exactly(1), Syntax: "size", Doc: doc,
		Set: spec.Ignore[conf](why, func(call *spec.Call) error {
			if _, ok := spec.ParseSize(call.Args[0].Text, false); !ok {
				return errors.New("invalid value")
			}
			return nil
		}),
	}
}

// requests are the directives about the request as it is passed.
var requests = []spec.Directive[conf]{
	{
		Name: "proxy_http_version", In: anywhere, Syntax: "1.0 | 1.1", Default: "1.1", Was: []spec.Was{{Until: "1.29.7", Default: "1.0"}},
		Doc: "Sets the version of HTTP spoken to the server.",
		Set: spec.Scalar(func(c *conf) *spec.Value[int] { return &c.version }, spec.Enum, spec.Exactly(1), []string{"1.0", "1.1"}, func(call *spec.Call) (int, error) {
			switch call.Args[0].Text {
			case "1.0":
				return 10, nil
			case "1.1":
				return 11, nil
			case "2":
				return 0, call.Coded(0, "unsupported", `"proxy_http_version 2" is not supported yet`)
			}
			return 0, call.Errorf(0, `invalid value "%s"`, call.Args[0].Text)
		}),
	}, {
		Name: "proxy_method", In: anywhere, Syntax: "method",
		Doc: "Sets the method of the request as it is passed.",
		Set: spec.SetTemplate(func(c *conf) *spec.Value[*httpd.Template] { return &c.method }),
	}, {
		Name: "proxy_set_body", In: anywhere, Syntax: "value",
		Doc: "Replaces the body of the request as it is passed.",
		Set: spec.SetTemplate(func(c *conf) *spec.Value[*httpd.Template] { return &c.body }),
	},
	flag("proxy_pass_request_headers", "on", "Passes the fields of the client's request.", func(c *conf) *spec.Value[bool] { return &c.passHeaders }),
	flag("proxy_pass_request_body", "on", "Passes the body of the client's request.", func(c *conf) *spec.Value[bool] { return &c.passBody }),
	flag("proxy_request_buffering", "on", "Reads the whole body before it is passed.", func(c *conf) *spec.Value[bool] { return &c.requestBuffering }),
	flag("proxy_ignore_client_abort", "off", "Goes on when the client has gone.", func(c *conf) *spec.Value[bool] { return &c.ignoreAbort }),
	flag("proxy_socket_keepalive", "off", "Sends TCP keepalive probes to the server.", func(c *conf) *spec.Value[bool] { return &c.keepalive }),
	{
		Name: "proxy_bind", In: anywhere, Args: spec.Between(1, 2), Syntax: "address [transparent] | off",
		Doc: "Sets the local address of connections to the server.",
		Set: spec.Scalar(func(c *conf) *spec.Value[*httpd.Template] { return &c.bind }, spec.Text, spec.Between(1, 2), nil, parseBind),
	},
	ignoredNumber("proxy_headers_hash_max_size"), ignoredNumber("proxy_headers_hash_bucket_size"),
	ignoredSize("proxy_send_lowat", "Sets a low-water mark where the system has one.", "the systems it is for do not run here"),
	ignoredSize("proxy_socket_rcvbuf", "Sets the receive buffer of connections to the server.", "the system sizes its buffers itself"),
	ignoredSize("proxy_socket_sndbuf", "Sets the send buffer of connections to the server.", "the system sizes its buffers itself"),
}

func parseBind(call *spec.Call) (*httpd.Template, error) {
	if len(call.Args) == 1 && call.Args[0].Text == "off" {
		return nil, nil
	}
	t, err := call.Template(0)
	if err != nil {
		return nil, err
	}
	if lit, ok := t.Literal(); ok && !validAddress(string(lit)) {
		return nil, call.Errorf(0, `invalid address "%s"`, lit)
	}
	if len(call.Args) == 2 {
		if call.Args[1].Text != "transparent" {
			return nil, call.Errorf(1, `invalid parameter "%s"`, call.Args[1].Text)
		}
		return nil, call.Coded(1, "unsupported", "transparent proxying needs privileges that are not asked for here")
	}
	return t, nil
}

// responses are the directives about the response.
var responses = []spec.Directive[conf]{
	flag("proxy_intercept_errors", "off", "Lets error_page answer for errors of the server.", func(c *conf) *spec.Value[bool] { return &c.intercept }),
	flag("proxy_force_ranges", "off", "Sends ranges of any response.", func(c *conf) *spec.Value[bool] { return &c.forceRanges }),
	flag("proxy_pass_trailers", "off", "Passes the trailer section of a response.", func(c *conf) *spec.Value[bool] { return &c.trailers }),
	{
		Name: "proxy_limit_rate", In: anywhere, Syntax: "rate", Default: "0",
		Doc: "Limits how fast a response is read, in bytes a second.",
		Set: spec.Scalar(func(c *conf) *spec.Value[*httpd.Template] { return &c.rate }, spec.Size, spec.Exactly(1), nil, spec.SizeTemplate),
	}, {
		Name: "proxy_ignore_headers", In: anywhere, Args: spec.AtLeast(1), Syntax: "field ...",
		Doc: "Lets response fields have no effect here.",
		Set: spec.Scalar(func(c *conf) *spec.Value[gateway.Ignored] { return &c.ignore }, spec.Enum, spec.AtLeast(1), nil, parseIgnore),
	}, {
		Name: "proxy_hide_header", In: anywhere, Args: spec.Exactly(1), Syntax: "field",
		Doc: "Does not pass a response field.",
		Set: spec.AddTo(func(c *conf) *spec.Value[[]string] { return &c.hide }, text),
	}, {
		Name: "proxy_pass_header", In: anywhere, Args: spec.Exactly(1), Syntax: "field",
		Doc: "Passes a response field that is hidden otherwise.",
		Set: spec.AddTo(func(c *conf) *spec.Value[[]string] { return &c.show }, text),
	},
}

func text(call *spec.Call) (string, error) { return call.Args[0].Text, nil }

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

// noTempFiles is why the directives about what does not fit into memory have no
// effect: a response is passed on from one buffer as fast as the client takes it.
const noTempFiles = "a response is passed on from one buffer, and never written to a file"

// checkedSize is a size that is checked against the others, and has no effect.
func checkedSize(name, doc string, field func(*conf) *spec.Value[int64]) spec.Directive[conf] {
	d := size(name, "", doc, field)
	d.Set = spec.Accept[conf](noTempFiles, d.Set)
	return d
}

// buffers are the directives about memory.
var buffers = []spec.Directive[conf]{
	flag("proxy_buffering", "on", "Reads a response as fast as the server sends it.", func(c *conf) *spec.Value[bool] { return &c.buffering }),
	size("proxy_buffer_size", "4k", "Sets the size of the buffer for the head of a response, which must fit into it.", func(c *conf) *spec.Value[int64] { return &c.bufferSize }),
	{
		Name: "proxy_buffers", In: anywhere, Args: spec.Exactly(2), Syntax: "number size", Default: "8 4k",
		Doc: "Sets the number and size of the buffers for a response.",
		Set: spec.Scalar(func(c *conf) *spec.Value[[2]int] { return &c.buffers }, spec.Words, spec.Exactly(2), nil, func(call *spec.Call) ([2]int, error) {
			n, ok := spec.ParseNumber(call.Args[0].Text)
			s, ok2 := spec.ParseSize(call.Args[1].Text, false)
			if !ok || !ok2 || n == 0 || s == 0 {
				return [2]int{}, errors.New("invalid value")
			}
			return [2]int{n, int(s)}, nil
		}),
	},
	checkedSize("proxy_busy_buffers_size", "Limits how much of a response waits to be sent to the client.", func(c *conf) *spec.Value[int64] { return &c.busySize }),
	{
		Name: "proxy_temp_path", In: anywhere, Args: spec.Between(1, 4), Syntax: "path [level1 [level2 [level3]]]", Default: "proxy_temp",
		Doc: "Sets the folder for responses that do not fit into memory.",
		Set: spec.Accept[conf](noTempFiles, spec.Scalar(func(c *conf) *spec.Value[*httpd.TempPath] { return &c.tempPath }, spec.Words, spec.Between(1, 4), nil, spec.TempPath)),
	},
	checkedSize("proxy_max_temp_file_size", "Limits a response's temporary file; 0 makes none.", func(c *conf) *spec.Value[int64] { return &c.maxTemp }),
	checkedSize("proxy_temp_file_write_size", "Limits what is written to a temporary file at once.", func(c *conf) *spec.Value[int64] { return &c.tempWrite }),
}

// timeouts are the directives about time and trying again.
var timeouts = []spec.Directive[conf]{
	millis("proxy_connect_timeout", "60s", "Limits the time to connect to the server.", func(c *conf) *spec.Value[time.Duration] { return &c.connect }),
	millis("proxy_send_timeout", "60s", "Limits the time between two writes to the server.", func(c *conf) *spec.Value[time.Duration] { return &c.send }),
	millis("proxy_read_timeout", "60s", "Limits the time between two reads from the server.", func(c *conf) *spec.Value[time.Duration] { return &c.read }),
	{
		Name: "proxy_next_upstream", In: anywhere, Args: spec.AtLeast(1), Default: "error timeout",
		Syntax: "error | timeout | invalid_header | http_500 | http_502 | http_503 | http_504 | http_403 | http_404 | http_429 | non_idempotent | off ...",
		Doc:    "Says in which cases a request is passed to the next server.",
		Set:    spec.Scalar(func(c *conf) *spec.Value[gateway.Condition] { return &c.next }, spec.Enum, spec.AtLeast(1), nil, parseNext),
	}, {
		Name: "proxy_next_upstream_tries", In: anywhere, Syntax: "number", Default: "0",
		Doc: "Limits the number of servers tried; 0 is no limit.",
		Set: spec.SetNumber(func(c *conf) *spec.Value[int] { return &c.nextTries }, 0, 0),
	},
	millis("proxy_next_upstream_timeout", "0", "Limits the time within which another server is tried; 0 is no limit.", func(c *conf) *spec.Value[time.Duration] { return &c.nextTimeout }),
}

var conditions = map[string]gateway.Condition{
	"error": gateway.OnError, "timeout": gateway.OnTimeout, "invalid_header": gateway.OnInvalidHeader,
	"http_500": gateway.On500, "http_502": gateway.On502, "http_503": gateway.On503, "http_504": gateway.On504,
	"http_403": gateway.On403, "http_404": gateway.On404, "http_429": gateway.On429,
	"non_idempotent": gateway.NonIdempotent, "updating": 1 << 30, "off": gateway.NextOff,
}

func parseNext(call *spec.Call) (set gateway.Condition, err error) {
	for i, a := range call.Args {
		bit, ok := conditions[a.Text]
		if !ok {
			return 0, call.Errorf(i, `invalid value "%s"`, a.Text)
		}
		if set&bit != 0 {
			call.Warnf(i, "duplicate-value", `duplicate value "%s"`, a.Text)
		}
		set |= bit
	}
	if set&gateway.NextOff != 0 {
		set = gateway.NextOff
	}
	return set, nil
}
