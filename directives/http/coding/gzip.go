package coding

import "understudy/runtime/httpd"

// Gzip is the coding that nginx knows (RFC 1952). Two packages have its modules.
var Gzip = Kind{Name: []byte("gzip"), Prefix: "gzip", Suffix: ".gz", Takes: (*httpd.Request).AcceptsGzip}
