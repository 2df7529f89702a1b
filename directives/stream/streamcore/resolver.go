package streamcore

import (
	"context"
	"errors"
	"strings"
	"time"

	"understudy/directives/spec"
	"understudy/runtime/resolver"
)

// resolvers are checked. What would need them, a name that only a session
// knows, is refused where it is built.
var resolvers = []spec.Directive[conf]{{
	Name: "resolver", In: anywhere, Args: spec.AtLeast(1),
	Syntax: "address ... [valid=time] [ipv4=on|off] [ipv6=on|off] [status_zone=zone]",
	Doc:    "Names the servers that resolve names at run time.",
	Set: spec.Accept("names are looked up when the configuration is read",
		spec.Scalar(func(c *conf) *spec.Value[[]string] { return &c.resolver }, spec.Words, spec.AtLeast(1), nil, parseResolver)),
}, {
	Name: "resolver_timeout", In: anywhere, Syntax: "time", Default: "30s",
	Doc: "Limits the time for resolving a name.",
	Set: spec.Accept("names are looked up when the configuration is read",
		spec.SetTime(func(c *conf) *spec.Value[time.Duration] { return &c.resolverTimeout }, true)),
}}

// parseResolver returns the servers that a resolver directive names.
func parseResolver(call *spec.Call) ([]string, error) {
	var servers []string
	for _, p := range call.Params(0) {
		word := call.Args[p.Arg].Text
		switch {
		case p.Key == "valid" && p.Has:
			if _, ok := spec.ParseTime(p.Val, false); !ok {
				return nil, call.Errorf(p.Arg, "invalid parameter: %s", word)
			}
		case (p.Key == "ipv4" || p.Key == "ipv6") && p.Has:
			if p.Val != "on" && p.Val != "off" {
				return nil, call.Errorf(p.Arg, "invalid parameter: %s", word)
			}
		default:
			o := resolver.Options{DefaultPort: 53, NoResolve: call.Scope.Env().Offline, Lookup: lookup(call.Scope.Env())}
			if _, err := resolver.ParseURL(context.Background(), word, o); err != nil {
				return nil, call.Errorf(p.Arg, `%v in resolver "%s"`, err, word)
			}
			servers = append(servers, word)
		}
	}
	if len(servers) == 0 && !strings.Contains(call.Args[0].Text, "=") {
		return nil, errors.New("no name servers defined")
	}
	return servers, nil
}
