// Package streamcore declares the stream and server blocks of the stream module
// and the directives that belong to no other module, and builds the graph of a
// stream block.
//
// https://nginx.org/en/docs/stream/ngx_stream_core_module.html
package streamcore

import (
	"slices"
	"time"

	"understudy/directives/listening"
	"understudy/directives/servername"
	"understudy/directives/spec"
	"understudy/parser/diag"
	"understudy/runtime/logs"
	"understudy/runtime/stream"
)

const anywhere = spec.Stream | spec.StreamServer

// Module is ngx_stream_core_module.
var Module = spec.StreamModule[conf]{
	Name:       "stream_core",
	Directives: slices.Concat(blocks, names, settings, hashes, spec.LookupDirectives(anywhere, "", "30s", func(c *conf) *spec.Lookup { return &c.lookup })),
	Variables:  variables,
	Main: func(c *conf, b *spec.StreamBuilder) error {
		b.Scope.SetResolving(c.lookup.Resolving())
		return nil
	},
	Server: (*conf).addTo,
}

// A conf is what the directives of the module say in one block.
type conf struct {
	// of the stream block
	ports listening.Ports

	// of a server
	hasListen bool
	names     servername.List

	errorLog       spec.Value[[]spec.ErrorLog]
	prereadBuffer  spec.Value[int64]
	prereadTimeout spec.Value[time.Duration]
	proxyTimeout   spec.Value[time.Duration]
	nodelay        spec.Value[bool]
	lookup         spec.Lookup

	variablesMax, variablesBucket, namesMax, namesBucket spec.Value[int]
}

var blocks = []spec.Directive[conf]{{
	Name: "stream", In: spec.Main, Args: spec.Exactly(0), Opens: spec.Stream,
	Doc: "Holds the servers of TCP sessions.",
	Set: spec.Do(func(_ *conf, call *spec.Call) error {
		if spec.Result[*stream.Stream](call.Scope) != nil {
			return spec.ErrDuplicate
		}
		return nil
	}),
	Close: build,
}, {
	Name: "server", In: spec.Stream, Args: spec.Exactly(0), Opens: spec.StreamServer,
	Doc: "Describes a server.",
	Close: func(c *conf, call *spec.Call) error {
		if c.hasListen {
			return nil
		}
		return diag.Diagnostic{
			Pos: call.Pos(), Line: call.Pos().Line, Severity: diag.Error, Code: "no-listen",
			Msg: `no "listen" is defined for server`,
		}
	},
}}

var settings = []spec.Directive[conf]{{
	Name: "error_log", Names: spec.LogFile, In: anywhere, Args: spec.AtLeast(1), Syntax: "file [level]",
	Doc: "Says where errors of sessions are logged, from which level on.",
	Set: spec.AddTo(func(c *conf) *spec.Value[[]spec.ErrorLog] { return &c.errorLog }, (*spec.Call).ErrorLog),
}, {
	Name: "preread_buffer_size", In: anywhere, Syntax: "size", Default: "16k",
	Doc: "Limits what is read of a client before it is known where its session goes.",
	Set: spec.SetSize(func(c *conf) *spec.Value[int64] { return &c.prereadBuffer }, false),
}, {
	Name: "preread_timeout", In: anywhere, Syntax: "timeout", Default: "30s",
	Doc: "Limits the time for that.",
	Set: spec.SetTime(func(c *conf) *spec.Value[time.Duration] { return &c.prereadTimeout }, true),
}, {
	Name: "proxy_protocol_timeout", In: anywhere, Syntax: "timeout", Default: "30s",
	Doc: "Limits the time for reading the PROXY protocol header.",
	Set: spec.SetTime(func(c *conf) *spec.Value[time.Duration] { return &c.proxyTimeout }, true),
}, {
	Name: "tcp_nodelay", In: anywhere, Syntax: "on | off", Default: "on",
	Doc: "Sends what is written at once, for clients and proxied servers.",
	Set: spec.SetFlag(func(c *conf) *spec.Value[bool] { return &c.nodelay }),
}}

// noTables is why the sizes of nginx's hash tables mean nothing here.
const noTables = "the tables are Go's maps, which grow by themselves"

var hashes = []spec.Directive[conf]{{
	Name: "variables_hash_max_size", In: spec.Stream, Syntax: "size", Default: "1024",
	Doc: "Limits the hash table of variables.",
	Set: spec.Accept(noTables, spec.SetNumber(func(c *conf) *spec.Value[int] { return &c.variablesMax }, 0, 0)),
}, {
	Name: "variables_hash_bucket_size", In: spec.Stream, Syntax: "size", Default: "64",
	Doc: "Sets the size of its buckets.",
	Set: spec.Accept(noTables, spec.SetNumber(func(c *conf) *spec.Value[int] { return &c.variablesBucket }, 0, 0)),
}, {
	Name: "server_names_hash_max_size", Since: "1.25.5", In: spec.Stream, Syntax: "size", Default: "512",
	Doc: "Limits the hash table of server names.",
	Set: spec.Accept(noTables, spec.SetNumber(func(c *conf) *spec.Value[int] { return &c.namesMax }, 0, 0)),
}, {
	Name: "server_names_hash_bucket_size", Since: "1.25.5", In: spec.Stream, Syntax: "size", Default: "64",
	Doc: "Sets the size of its buckets.",
	Set: spec.Accept(noTables, spec.SetNumber(func(c *conf) *spec.Value[int] { return &c.namesBucket }, 0, 0)),
}}

// addTo gives a server its settings.
func (c *conf) addTo(b *spec.StreamBuilder) error {
	v := b.Server
	v.PrereadBuffer = int(c.prereadBuffer.V)
	v.PrereadTimeout = c.prereadTimeout.V
	v.ProxyProtocolTimeout = c.proxyTimeout.V
	v.NoDelay = c.nodelay.V
	if r := c.lookup.Resolver.V; r != nil && len(r.Servers) > 0 {
		v.Resolver, v.ResolverTimeout = r, c.lookup.Timeout.V
	}
	v.ErrorLog, v.Debug = b.Stream.Log, &b.Stream.Debug
	if c.errorLog.Given() && b.Env().Logs != nil {
		v.ErrorLog = spec.NewErrorLog(c.errorLog.V, b.Env().Logs)
		debug := logs.PartsOf(v.ErrorLog)
		v.Debug = &debug
	}
	return nil
}
