package accesslog

import (
	"strconv"
	"time"

	"understudy/runtime/httpd"
	"understudy/runtime/logs"
)

// ownVariables are those that a log writes without asking for their values:
// they are what they are at the time of writing, never what was cached before.
func ownVariables() map[string]func([]byte, *httpd.Request) []byte {
	var clock logs.Clock
	return map[string]func([]byte, *httpd.Request) []byte{
		"pipe": func(dst []byte, r *httpd.Request) []byte {
			if r.Pipelined() {
				return append(dst, 'p')
			}
			return append(dst, '.')
		},
		"time_local":   func(dst []byte, _ *httpd.Request) []byte { return append(dst, clock.Local(time.Now())...) },
		"time_iso8601": func(dst []byte, _ *httpd.Request) []byte { return append(dst, clock.ISO8601(time.Now())...) },
		"msec":         func(dst []byte, _ *httpd.Request) []byte { return httpd.AppendUnix(dst, time.Now()) },
		"request_time": func(dst []byte, r *httpd.Request) []byte {
			return httpd.AppendSeconds(dst, r.Took(time.Now()))
		},
		"status":          func(dst []byte, r *httpd.Request) []byte { return httpd.AppendStatus(dst, r.FinalStatus()) },
		"bytes_sent":      func(dst []byte, r *httpd.Request) []byte { return strconv.AppendInt(dst, r.BytesSent(), 10) },
		"body_bytes_sent": func(dst []byte, r *httpd.Request) []byte { return strconv.AppendInt(dst, r.BodyBytesSent(), 10) },
		"request_length":  func(dst []byte, r *httpd.Request) []byte { return strconv.AppendInt(dst, r.Length(), 10) },
	}
}
