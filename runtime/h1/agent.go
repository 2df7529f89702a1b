package h1

import "bytes"

// An Agent is what nginx knows about a browser by its User-Agent, as bits.
type Agent uint8

const (
	MSIE Agent = 1 << iota
	MSIE6
	Opera
	Gecko
	Chrome
	Safari
	Konqueror
)

// ParseAgent looks for the browsers that some directives treat in their own
// way. (ngx_http_process_user_agent)
func ParseAgent(ua []byte) (a Agent) {
	has := func(s string) bool { return bytes.Contains(ua, []byte(s)) }
	if i := bytes.Index(ua, []byte("MSIE ")); i >= 0 && i+7 < len(ua) {
		a = MSIE
		if ua[i+6] == '.' && (ua[i+5] == '4' || ua[i+5] == '5' ||
			ua[i+5] == '6' && !bytes.Contains(ua[i+8:], []byte("SV1"))) {
			a |= MSIE6
		}
	}
	if has("Opera") {
		a = Opera
	}
	switch {
	case a != 0:
	case has("Gecko/"):
		a = Gecko
	case has("Chrome/"):
		a = Chrome
	case has("Safari/") && has("Mac OS X"):
		a = Safari
	case has("Konqueror"):
		a = Konqueror
	}
	return a
}
