package httpcore

import "understudy/runtime/httpd"

var variables = []httpd.Variable{
	{Name: "uri", Doc: "The current URI, normalized.", Volatile: true, Get: func(r *httpd.Request, _ string) ([]byte, bool) { return r.URI, true }},
}
