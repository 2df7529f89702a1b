// Package mapping makes variables whose values depend on the values of other
// variables.
//
// https://nginx.org/en/docs/http/ngx_http_map_module.html
// https://nginx.org/en/docs/stream/ngx_stream_map_module.html
package mapping

import (
	"errors"

	"understudy/directives/spec"
	"understudy/runtime/httpd"
	"understudy/runtime/regex"
	"understudy/runtime/vars"
)

// HTTP is ngx_http_map_module.
var HTTP = spec.HTTPModule[conf[*httpd.Request]]{
	Name: "http_map", Directives: directives[*httpd.Request](spec.HTTP),
}

// A subject is a request or a session.
type subject interface {
	vars.Subject
	Alloc(n int) []byte
	Exec(re *regex.Regexp, s []byte) (bool, error)
}

// A conf is what is accepted and needed no more: a map is a variable.
type conf[S subject] struct {
	hashMaxSize    spec.Value[int]
	hashBucketSize spec.Value[int]
}

const noHash = "the tables of maps need no tuning here"

func directives[S subject](in spec.Context) []spec.Directive[conf[S]] {
	return []spec.Directive[conf[S]]{{
		Name: "map", In: in, Args: spec.Exactly(2), Free: true,
		Syntax: "string $variable",
		Doc:    "Creates a variable whose value is that of the first parameter inside that the string matches.",
		Set:    spec.Do(addMap[S]),
	}, {
		Name: "map_hash_max_size", In: in, Args: spec.Exactly(1), Syntax: "size",
		Doc: "Sets the size of the hash tables of maps.",
		Set: spec.Accept(noHash, spec.Scalar(func(c *conf[S]) *spec.Value[int] { return &c.hashMaxSize }, spec.Number, spec.Exactly(1), nil, number)),
	}, {
		Name: "map_hash_bucket_size", In: in, Args: spec.Exactly(1), Syntax: "size",
		Doc: "Sets the size of a bucket of the hash tables of maps.",
		Set: spec.Accept(noHash, spec.Scalar(func(c *conf[S]) *spec.Value[int] { return &c.hashBucketSize }, spec.Number, spec.Exactly(1), nil, number)),
	}}
}

func number(call *spec.Call) (int, error) {
	n, ok := spec.ParseNumber(call.Args[0].Text)
	if !ok {
		return 0, errors.New("invalid number")
	}
	return n, nil
}
