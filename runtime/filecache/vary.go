package filecache

import (
	"bytes"
	"crypto/md5"
	"hash"
	"strings"

	fields "understudy/runtime/header"
)

// variantOf returns the key of the variant that a response with a Vary field is
// for the request of e. (ngx_http_file_cache_vary)
func (e *Entry) variantOf(vary []byte) (k Key) {
	sum := md5.New()
	sum.Write(e.main[:])
	for _, name := range bytes.FieldsFunc(bytes.ToLower(vary), separates) {
		sum.Write(name)
		sum.Write([]byte(":"))
		e.sumField(sum, name)
		sum.Write([]byte("\r\n"))
	}
	sum.Sum(k[:0])
	return k
}

func separates(c rune) bool { return c == ' ' || c == ',' }

// normal are the fields in which spaces do not count.
var normal = [...]string{"accept-charset", "accept-encoding", "accept-language"}

// sumField adds the values of a request's field.
func (e *Entry) sumField(sum hash.Hash, name []byte) {
	several := false
	add := func(v []byte) {
		if several {
			sum.Write([]byte(","))
		}
		sum.Write(v)
		several = true
	}
	for i := range e.Fields.Len() {
		f := e.Fields.At(i)
		if f.Deleted || !fields.EqualFold(e.Fields.Name(f), name) {
			continue
		}
		v := e.Fields.Value(f)
		if !isNormal(name) {
			add(v)
			continue
		}
		for _, word := range bytes.FieldsFunc(v, separates) {
			add(word)
		}
	}
}

func isNormal(name []byte) bool {
	for _, n := range normal {
		if strings.EqualFold(n, string(name)) {
			return true
		}
	}
	return false
}
