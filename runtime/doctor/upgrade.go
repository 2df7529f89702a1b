package doctor

import (
	"bytes"
	"fmt"
	"strings"

	"understudy/runtime/gateway"
	"understudy/runtime/header"
	"understudy/runtime/httpd"
)

// upgrade explains why a client that asked for another protocol did not get it.
// What else was wrong with the request is in list.
func (d *Doctor) upgrade(r *httpd.Request, list []*Diagnosis) []*Diagnosis {
	if r.Head == nil || r.Resp.Status == 101 || !websocket(r) {
		return nil
	}
	why, fix, directive := refusal(r, list)
	asked := fmt.Sprintf("Upgrade: %s, Connection: %s", orNone(r.Header(header.Upgrade)), orNone(r.Header(header.Connection)))
	x := d.about(r, "upgrade-refused", directiveOf(r.Loc, directive))
	x.Text = fmt.Sprintf("the client asked for a WebSocket (%s) and got %d: %s", asked, r.Resp.Status, why)
	if len(x.Setting.Lost) > 0 {
		x.Text += "; these of outer blocks are not in force here: " + strings.Join(x.Setting.Lost, ", ")
	}
	x.Text += x.Setting.told()
	if fix != "" {
		x.Fix = fix
	}
	x.Facts = []httpd.Fact{{Name: "asked", Value: asked}}
	return []*Diagnosis{x}
}

var secKey = []byte("Sec-WebSocket-Key")

// websocket reports whether the client wanted to open a WebSocket, be it badly.
func websocket(r *httpd.Request) bool {
	return r.Head.Has(header.Upgrade) || r.Head.Lookup(header.Hash("sec-websocket-key"), secKey) != nil
}

// refusal finds the reason in what the client asked for and what was sent upstream.
func refusal(r *httpd.Request, list []*Diagnosis) (why, fix, directive string) {
	for _, x := range list {
		if x.Status != 0 {
			return "no upstream has answered; see " + x.ID(), "Mend that first.", ""
		}
	}
	s := gateway.StateOf(r)
	if s == nil || !bytes.Contains(s.Request(), []byte(" HTTP/1.")) {
		if to := location(r); r.Resp.Status/100 == 3 && to != nil {
			return fmt.Sprintf("it was redirected to %s, which no WebSocket follows", text(to)), "Let the client use that address, or let the location match the one it uses.", ""
		}
		return fmt.Sprintf("location %s answered itself, no upstream was asked", r.Loc.Title()), "Give the URI of the WebSocket a location with proxy_pass.", ""
	}
	sent := s.Request()
	line, _, _ := bytes.Cut(sent, []byte("\r\n"))
	upgrade, hasUpgrade := field(sent, "Upgrade")
	connection, hasConnection := field(sent, "Connection")
	switch {
	case !r.Head.Has(header.Upgrade):
		return "the client sent no Upgrade field: a proxy before this one has dropped it", "Let the proxy before this one forward Upgrade and Connection.", ""
	case !token(string(r.Header(header.Connection)), "upgrade"):
		return "the client's Connection field does not name upgrade: it is no valid handshake (RFC 9110 section 7.8)", "Mend the client, or the proxy before this one.", ""
	case !bytes.Equal(r.Head.Method, []byte("GET")):
		return fmt.Sprintf("the method is %s, and a WebSocket begins with GET", text(r.Head.Method)), "Mend the client.", ""
	case bytes.HasSuffix(line, []byte("HTTP/1.0")):
		return "the upstream was asked in HTTP/1.0, which has no Upgrade", "Add proxy_http_version 1.1;.", "_http_version"
	case !hasUpgrade || upgrade == "":
		return fmt.Sprintf("the upstream received Connection: %s and no Upgrade", orNone([]byte(connection))), "", "_set_header"
	case !hasConnection || !token(connection, "upgrade"):
		return fmt.Sprintf("the upstream received Upgrade: %s, but Connection: %s", upgrade, orNone([]byte(connection))), "", "_set_header"
	}
	why = fmt.Sprintf("the upstream received the whole handshake (%s) and refused it", text(line))
	host, _ := field(sent, "Host")
	if o := r.Header(header.Origin); o != nil && r.Resp.Status == 403 {
		return why + fmt.Sprintf("; it may compare Origin: %s with Host: %s", text(o), host), "Pass the Host of the client: proxy_set_header Host $http_host;.", "_set_header"
	}
	if r.Resp.Status == 404 {
		return why, "Compare the path it received with that of the application; the URI of proxy_pass replaces the location's.", "_pass"
	}
	return why, "See the log of the application.", "_pass"
}

// field returns a field of a request head.
func field(head []byte, name string) (value string, ok bool) {
	for line := range strings.SplitSeq(string(head), "\r\n") {
		if line == "" {
			break
		}
		if n, v, found := strings.Cut(line, ":"); found && strings.EqualFold(n, name) {
			return strings.TrimSpace(v), true
		}
	}
	return "", false
}

func token(list, want string) bool {
	for t := range strings.SplitSeq(list, ",") {
		if strings.EqualFold(strings.TrimSpace(t), want) {
			return true
		}
	}
	return false
}

func orNone(v []byte) string {
	if len(v) == 0 {
		return "none"
	}
	return text(v)
}
