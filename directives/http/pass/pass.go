// Package pass is what the modules that pass requests on share: proxy, fastcgi,
// uwsgi, scgi and memcached have most of their directives in common, but for
// the prefix of their names. A module puts a Conf into its own configuration
// and takes the directives from here.
//
// https://nginx.org/en/docs/http/ngx_http_upstream_module.html
package pass

import (
	"io/fs"
	"slices"
	"time"

	"understudy/directives/spec"
	"understudy/parser/diag"
	"understudy/runtime/gateway"
	"understudy/runtime/httpd"
)

// Anywhere is where directives about passing may stand.
const Anywhere = spec.HTTP | spec.Server | spec.Location

// A Kind is how the directives of a module differ from those of the others.
type Kind struct {
	Prefix string   // of their names: "proxy_"
	Next   Reasons  // for another server to be tried
	Fixed  bool     // the address of …_pass has no variables
	Hidden []string // response fields that are not passed on unless …_pass_header names them

	CacheKey    string // what …_cache_key is by default; "": nothing
	ConvertHead bool   // there is …_cache_convert_head
}

// A Conf is what the directives say in one block.
type Conf struct {
	connect, send, read spec.Value[time.Duration]
	next                spec.Value[gateway.Condition]
	nextTries           spec.Value[int]
	nextTimeout         spec.Value[time.Duration]
	bind                spec.Value[local]
	keepalive           spec.Value[bool]
	rcvBuf, sndBuf      spec.Value[int64]
	bufferSize          spec.Value[int64]

	passHeaders, passBody       spec.Value[bool]
	buffering, requestBuffering spec.Value[bool]
	buffers                     spec.Value[spec.Buffers]
	busySize                    spec.Value[int64]
	tempPath                    spec.Value[*httpd.TempPath]
	maxTemp, tempWrite          spec.Value[int64]
	store                       spec.Value[storing]
	storeAccess                 spec.Value[fs.FileMode]
	ignoreAbort, intercept      spec.Value[bool]
	forceRanges                 spec.Value[bool]
	ignore                      spec.Value[gateway.Ignored]
	hide, show                  spec.Value[[]string]
	rate                        spec.Value[*httpd.Template]
	cache                       caching
}

// Directives returns the directives of a module whose protocol has heads and
// bodies both ways. at finds the Conf in the module's configuration.
func Directives[C any](k Kind, at func(*C) *Conf) []spec.Directive[C] {
	d := family[C]{k, at}
	return slices.Concat(d.connection(), SocketBuffers(k.Prefix, at), d.request(), d.response(), d.buffering(), d.storing(), d.caching())
}

// ConnectionDirectives returns those of the directives that are about the
// connection and the choice of the server, and the buffer for the response.
func ConnectionDirectives[C any](k Kind, at func(*C) *Conf) []spec.Directive[C] {
	return family[C]{k, at}.connection()
}

// Check is what nginx checks when the block is complete, whether it passes
// requests or not.
func (c *Conf) Check(k Kind, b *spec.Builder) error {
	if err := c.checkBuffers(k, b); err != nil {
		return err
	}
	return c.checkCache(k, b)
}

// PassHeaders reports whether the fields of the client's request are passed.
func (c *Conf) PassHeaders() bool { return c.passHeaders.V }

// Settings returns what the directives mean to the gateway.
func (c *Conf) Settings(k Kind) *gateway.Settings {
	s := &gateway.Settings{
		Connect: c.connect.V, Send: c.send.V, Read: c.read.V,
		NextUpstream: c.next.V, NextTries: c.nextTries.V, NextTimeout: c.nextTimeout.V,
		RequestBuffering: c.requestBuffering.V,
		IgnoreAbort:      c.ignoreAbort.V, Intercept: c.intercept.V, PassBody: c.passBody.V,
		Ignore: c.ignore.V, SocketKeepalive: c.keepalive.V, LimitRate: c.rate.V,
		ForceRanges: c.forceRanges.V,
		Bind:        c.bind.V.address, Transparent: c.bind.V.transparent, RcvBuf: int(c.rcvBuf.V), SndBuf: int(c.sndBuf.V),
	}
	c.setBuffers(s)
	if c.store.V.on && !c.cache.where.V.on {
		s.Store = &gateway.Store{Path: c.store.V.path, Access: c.storeAccess.V}
	}
	hide := []string{}
	shown := gateway.NewNames(c.show.V...)
	for _, name := range slices.Concat(k.Hidden, c.hide.V) {
		if !shown.HasName(name) {
			hide = append(hide, name)
		}
	}
	s.Hide = gateway.NewNames(hide...)
	return s
}

// Takes reports whether the handler of a …_pass directive that stands at a place
// is the location's: of several, nginx takes the last.
func Takes(b *spec.Builder, at diag.Pos) bool {
	if b.Content == nil {
		return true
	}
	other := b.Content.Pos
	return other.File != at.File || other.Line < at.Line || other.Line == at.Line && other.Col < at.Col
}

// Own prepares a location for the handler of a …_pass directive that stands at
// a place: its name without the "/" at the end redirects to it. A nameless
// block that has taken the handler of the location around it has not given it.
func Own[T any](b *spec.Builder, v *spec.Value[T]) {
	if !b.Nameless() || v.Pos.IsValid() && v.Pos.Line >= b.Location.Pos.Line {
		name := b.Location.Name
		b.Location.Slash = len(name) > 0 && name[len(name)-1] == '/'
	}
}
