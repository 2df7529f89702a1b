// Package gzipstatic answers requests for files with files that were gzipped
// beforehand.
//
// https://nginx.org/en/docs/http/ngx_http_gzip_static_module.html
package gzipstatic

import (
	"understudy/directives/http/coding"
	"understudy/directives/spec"
	"understudy/runtime/httpd"
)

// Module is ngx_http_gzip_static_module.
var Module = spec.HTTPModule[conf]{
	Name: "http_gzip_static",
	Directives: []spec.Directive[conf]{{
		Name: "gzip_static", In: spec.HTTP | spec.Server | spec.Location, Syntax: "on | off | always", Default: "off",
		Doc: "Sends file.gz for file to clients that take gzip, or to all.",
		Set: coding.SetWhen(func(c *conf) *spec.Value[coding.When] { return &c.when }),
	}},
	Location: func(c *conf, b *spec.Builder) error {
		if c.when.V != coding.Never {
			s := &coding.Static{Name: []byte("gzip"), Suffix: ".gz", When: c.when.V, Takes: (*httpd.Request).AcceptsGzip}
			b.Contents = append(b.Contents, httpd.Step{Name: "gzip_static", Pos: c.when.Pos, Run: s.Run})
		}
		return nil
	},
}

type conf struct{ when spec.Value[coding.When] }
