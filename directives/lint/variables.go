package lint

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"understudy/parser"
	"understudy/parser/diag"
)

// known are fields of requests, as variables name them.
var known = strings.Fields(`accept accept_charset accept_encoding accept_language access_control_request_headers
	access_control_request_method authorization cache_control cf_connecting_ip connection content_length content_type cookie
	dnt forwarded host if_match if_modified_since if_none_match if_range if_unmodified_since origin pragma range referer
	sec_websocket_extensions sec_websocket_key sec_websocket_protocol sec_websocket_version te transfer_encoding upgrade
	user_agent via x_api_key x_csrf_token x_forwarded_for x_forwarded_host x_forwarded_port x_forwarded_prefix
	x_forwarded_proto x_forwarded_scheme x_forwarded_server x_forwarded_ssl x_real_ip x_request_id x_requested_with x_scheme`)

var fieldVariable = regexp.MustCompile(`\$\{?http_([a-z0-9_]+)`)

// likeField finds variables of request fields that are almost those of others.
func likeField(l *linter) {
	words(l.tree.Directives, func(_ *parser.Directive, w parser.Word) {
		for _, m := range fieldVariable.FindAllStringSubmatch(w.Text, -1) {
			name := m[1]
			if slices.Contains(known, name) || len(name) < 6 {
				continue
			}
			near := nearest(name, known)
			if near == "" {
				continue
			}
			d := diag.Diagnostic{
				Pos: w.Pos, Code: "like-field",
				Msg:    fmt.Sprintf("$http_%s is always empty unless a client sends a field %s", name, strings.ReplaceAll(name, "_", "-")),
				Detail: fmt.Sprintf("did you mean $http_%s?", near),
			}
			if strings.Count(w.Raw, "http_"+name) == 1 {
				d.Fix = &diag.Fix{Title: "write $http_" + near, Edits: []diag.Edit{diag.Replace(w.Pos, w.Raw, strings.Replace(w.Raw, "http_"+name, "http_"+near, 1))}}
			}
			l.hint(d)
		}
	})
}

// nearest is the name of a list that another one becomes by one slip; "" if there is
// none. Short names are too alike by chance.
func nearest(name string, list []string) string {
	for _, n := range list {
		if len(name) > 3 && oneSlip(name, n) {
			return n
		}
	}
	return ""
}

// oneSlip reports whether b becomes a by one letter more, less or other, or by two that
// have changed places.
func oneSlip(a, b string) bool {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	x, y := a[i:], b[i:]
	switch {
	case len(x) == len(y)+1:
		return x[1:] == y
	case len(x)+1 == len(y):
		return x == y[1:]
	case len(x) != len(y) || x == "":
		return false
	}
	return x[1:] == y[1:] || len(x) > 1 && x[0] == y[1] && x[1] == y[0] && x[2:] == y[2:]
}
