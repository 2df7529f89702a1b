package pass

import (
	"strings"

	"understudy/directives/spec"
	"understudy/runtime/gateway"
)

// Reasons are the words of a …_next_upstream directive, "off" aside.
type Reasons []Reason

// A Reason is a word for a condition.
type Reason struct {
	Word string
	gateway.Condition
}

// CGIReasons are those of FastCGI, uwsgi and SCGI.
var CGIReasons = Reasons{
	{"error", gateway.OnError}, {"timeout", gateway.OnTimeout}, {"invalid_header", gateway.OnInvalidHeader},
	{"http_500", gateway.On500}, {"http_503", gateway.On503}, {"http_403", gateway.On403}, {"http_404", gateway.On404},
	{"http_429", gateway.On429}, {"non_idempotent", gateway.NonIdempotent}, {"updating", gateway.OnUpdating},
}

// HTTPReasons are those of HTTP.
var HTTPReasons = Reasons{
	{"error", gateway.OnError}, {"timeout", gateway.OnTimeout}, {"invalid_header", gateway.OnInvalidHeader},
	{"http_500", gateway.On500}, {"http_502", gateway.On502}, {"http_503", gateway.On503}, {"http_504", gateway.On504},
	{"http_403", gateway.On403}, {"http_404", gateway.On404}, {"http_429", gateway.On429},
	{"non_idempotent", gateway.NonIdempotent}, {"updating", gateway.OnUpdating},
}

func (rs Reasons) syntax() string {
	var b strings.Builder
	for _, x := range rs {
		if x.Condition != gateway.OnUpdating { // of …_cache_use_stale, which nginx takes here as well
			b.WriteString(x.Word + " | ")
		}
	}
	return b.String() + "off ..."
}

func (rs Reasons) find(word string) gateway.Condition {
	if word == "off" {
		return gateway.NextOff
	}
	for _, x := range rs {
		if x.Word == word {
			return x.Condition
		}
	}
	return 0
}

func (rs Reasons) parse(call *spec.Call) (set gateway.Condition, err error) {
	for i, a := range call.Args {
		bit := rs.find(a.Text)
		if bit == 0 {
			return 0, call.Errorf(i, `invalid value "%s"`, a.Text)
		}
		if set&bit != 0 {
			call.Warnf(i, "duplicate-value", `duplicate value "%s"`, a.Text)
		}
		set |= bit
	}
	if set&gateway.NextOff != 0 {
		set = gateway.NextOff
	}
	return set, nil
}
