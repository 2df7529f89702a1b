package proxy

import (
	"errors"

	"understudy/directives/http/pass"
	"understudy/directives/spec"
	"understudy/runtime/httpd"
)

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
	ignoredNumber("proxy_headers_hash_max_size"), ignoredNumber("proxy_headers_hash_bucket_size"),
	pass.SendLowat[conf](kind.Prefix),
	{
		Name: "proxy_pass_trailers", Since: "1.27.2", In: anywhere, Syntax: "on | off", Default: "off",
		Doc: "Passes the trailer section of a response.",
		Set: spec.SetFlag(func(c *conf) *spec.Value[bool] { return &c.trailers }),
	},
}
