// Package gzipstatic answers requests for files with files that were gzipped
// beforehand.
//
// https://nginx.org/en/docs/http/ngx_http_gzip_static_module.html
package gzipstatic

import "understudy/directives/http/coding"

// Module is ngx_http_gzip_static_module.
var Module = coding.Gzip.StaticModule()
