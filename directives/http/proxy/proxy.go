// Package proxy passes requests to another HTTP server.
//
// https://nginx.org/en/docs/http/ngx_http_proxy_module.html
package proxy

import (
	"slices"
	"time"

	"understudy/directives/spec"
	"understudy/runtime/gateway"
	"understudy/runtime/httpd"
)

const (
	anywhere = spec.HTTP | spec.Server | spec.Location
	passers  = spec.Location | spec.LocationIf | spec.LimitExcept
)

// Module is ngx_http_proxy_module.
var Module = spec.HTTPModule[conf]{
	Name:       "http_proxy",
	Directives: slices.Concat([]spec.Directive[conf]{pass, setHeader}, requests, responses, buffers, timeouts, headers, rewriting, tlsDirectives),
	Variables:  variables,
	Location:   (*conf).addTo,
}

// A conf is what the directives of the module say in one block.
type conf struct {
	pass spec.Value[*target]

	set         spec.Value[[]field]
	method      spec.Value[*httpd.Template]
	body        spec.Value[*httpd.Template]
	passHeaders spec.Value[bool]
	passBody    spec.Value[bool]
	version     spec.Value[int]
	trailers    spec.Value[bool]

	connect, send, read spec.Value[time.Duration]
	next                spec.Value[gateway.Condition]
	nextTries           spec.Value[int]
	nextTimeout         spec.Value[time.Duration]

	buffering, requestBuffering spec.Value[bool]
	bufferSize                  spec.Value[int64]
	buffers                     spec.Value[[2]int]
	busySize                    spec.Value[int64]
	tempPath                    spec.Value[*httpd.TempPath]
	maxTemp, tempWrite          spec.Value[int64]

	ignoreAbort, intercept, forceRanges, keepalive spec.Value[bool]
	ignore                                         spec.Value[gateway.Ignored]
	hide, show                                     spec.Value[[]string]
	bind                                           spec.Value[*httpd.Template]
	rate                                           spec.Value[*httpd.Template]

	ssl sslConf

	redirects spec.Value[redirects]
	domains   spec.Value[[]replacement]
	paths     spec.Value[[]replacement]
	flags     spec.Value[[]cookieFlags]
}

// addTo gives a location that passes requests its content handler.
func (c *conf) addTo(b *spec.Builder) error {
	if err := c.checkBuffers(b); err != nil {
		return err
	}
	t := c.pass.V
	if t == nil {
		return nil
	}
	h := newHandler(c, t, b)
	if t.secure() {
		x, err := c.ssl.client(b)
		if err != nil {
			return err
		}
		h.tls, h.to.TLS = x, x
	}
	own := !b.Nameless() || c.pass.Pos.IsValid() && c.pass.Pos.Line >= b.Location.Pos.Line
	if own {
		b.Location.Slash = len(b.Location.Name) > 0 && b.Location.Name[len(b.Location.Name)-1] == '/'
	}
	b.Location.Content = &httpd.Step{Name: "proxy_pass", Pos: c.pass.Pos, Bound: true, Run: h.run, Explain: h.explain}
	return nil
}

// checkBuffers is what nginx checks when the block is complete.
func (c *conf) checkBuffers(b *spec.Builder) error {
	n, unit := int64(c.buffers.V[0]), int64(c.buffers.V[1])
	large := max(c.bufferSize.V, unit)
	if n < 2 {
		return b.ErrorAtEnd(c.buffers.Pos, "proxy-buffers", `there must be at least 2 "proxy_buffers"`)
	}
	if c.busySize.Given() {
		if c.busySize.V < large {
			return b.ErrorAtEnd(c.busySize.Pos, "proxy-buffers", `"proxy_busy_buffers_size" must be equal to or greater than the maximum of the value of "proxy_buffer_size" and one of the "proxy_buffers"`)
		}
		if c.busySize.V > (n-1)*unit {
			return b.ErrorAtEnd(c.busySize.Pos, "proxy-buffers", `"proxy_busy_buffers_size" must be less than the size of all "proxy_buffers" minus one buffer`)
		}
	} else if 2*large > (n-1)*unit {
		return b.ErrorAtEnd(c.bufferSize.Pos, "proxy-buffers", `"proxy_busy_buffers_size" must be less than the size of all "proxy_buffers" minus one buffer`)
	}
	if c.tempWrite.Given() && c.tempWrite.V < large {
		return b.ErrorAtEnd(c.tempWrite.Pos, "proxy-buffers", `"proxy_temp_file_write_size" must be equal to or greater than the maximum of the value of "proxy_buffer_size" and one of the "proxy_buffers"`)
	}
	if c.maxTemp.Given() && c.maxTemp.V != 0 && c.maxTemp.V < large {
		return b.ErrorAtEnd(c.maxTemp.Pos, "proxy-buffers", `"proxy_max_temp_file_size" must be equal to zero to disable temporary files usage or must be equal to or greater than the maximum of the value of "proxy_buffer_size" and one of the "proxy_buffers"`)
	}
	return nil
}

// hiddenByDefault are the response fields that are never passed on unless
// proxy_pass_header names them.
var hiddenByDefault = []string{
	"Date", "Server", "X-Pad", "X-Accel-Expires", "X-Accel-Redirect", "X-Accel-Limit-Rate", "X-Accel-Buffering", "X-Accel-Charset",
}

func (c *conf) settings() *gateway.Settings {
	s := &gateway.Settings{
		Connect: c.connect.V, Send: c.send.V, Read: c.read.V,
		NextUpstream: c.next.V, NextTries: c.nextTries.V, NextTimeout: c.nextTimeout.V,
		Buffering: c.buffering.V, RequestBuffering: c.requestBuffering.V,
		BufferSize: int(c.bufferSize.V), BufferUnit: c.buffers.V[1],
		IgnoreAbort: c.ignoreAbort.V, Intercept: c.intercept.V, PassBody: c.passBody.V,
		Ignore: c.ignore.V, SocketKeepalive: c.keepalive.V, Bind: c.bind.V, LimitRate: c.rate.V,
		ForceRanges: c.forceRanges.V, PassTrailers: c.trailers.V, Body: c.body.V,
	}
	hide := []string{}
	shown := gateway.NewNames(c.show.V...)
	for _, name := range slices.Concat(hiddenByDefault, c.hide.V) {
		if !shown.HasName(name) {
			hide = append(hide, name)
		}
	}
	s.Hide = gateway.NewNames(hide...)
	return s
}
