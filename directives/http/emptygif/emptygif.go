// Package emptygif answers with a transparent picture of one pixel.
//
// https://nginx.org/en/docs/http/ngx_http_empty_gif_module.html
package emptygif

import (
	"time"

	"understudy/directives/spec"
	"understudy/parser/diag"
	"understudy/runtime/httpd"
)

// Module is ngx_http_empty_gif_module.
var Module = spec.HTTPModule[conf]{
	Name: "http_empty_gif",
	Directives: []spec.Directive[conf]{{
		Name: "empty_gif", In: spec.Location, Args: spec.Exactly(0),
		Doc: "Answers with a transparent GIF of one pixel.",
		Set: spec.Do(func(c *conf, call *spec.Call) error {
			c.given, c.pos = true, call.Pos()
			return nil
		}),
	}},
	Location: func(c *conf, b *spec.Builder) error {
		if c.given {
			b.Content = &httpd.Step{Name: "empty_gif", Pos: c.pos, Run: serve, Explain: explain}
		}
		return nil
	},
}

type conf struct {
	given bool
	pos   diag.Pos
}

// gif is the 43 bytes of GIF89a: a screen of 1×1 with a palette of black and
// white, an extension that makes white transparent, an image of that one color.
var gif = []byte("GIF89a\x01\x00\x01\x00\x80\x01\x00" +
	"\x00\x00\x00\xff\xff\xff" +
	"\x21\xf9\x04\x01\x00\x00\x01\x00" +
	"\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00" +
	"\x02\x02\x4c\x01\x00\x3b")

var (
	gifType = []byte("image/gif")

	// modified is what nginx says, the time of the first thing Igor Sysoev
	// could have written.
	modified = time.Unix(23349600, 0)
)

func serve(r *httpd.Request) httpd.Status {
	if r.MethodID&(httpd.GET|httpd.HEAD) == 0 {
		return 405
	}
	r.Resp.LastModified = modified
	return r.Reply(200, gifType, gif)
}

func explain(r *httpd.Request) (string, httpd.Status) {
	if r.MethodID&(httpd.GET|httpd.HEAD) == 0 {
		return "only GET and HEAD are answered", 405
	}
	return "a picture of one pixel", 200
}
