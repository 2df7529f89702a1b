package doctor

import (
	"bytes"
	"encoding/json"
	"html/template"
	"net/http"
	"strings"
	"sync"
	"time"

	"understudy/runtime/header"
	"understudy/runtime/httpd"
)

var (
	typeHTML    = []byte("text/html; charset=utf-8")
	typeProblem = []byte("application/problem+json")
)

// Page implements httpd.Doctor: a page for a browser, RFC 9457 for a client of an
// API, on this machine only.
func (d *Doctor) Page(r *httpd.Request, st httpd.Status) (contentType, body []byte) {
	list := d.examine(r)
	if len(list) == 0 || r.Old || !near127(r) {
		return nil, nil
	}
	switch {
	case wantsPage(r):
		contentType, body = typeHTML, page(st, list)
	case accepts(r, "json"):
		contentType, body = typeProblem, problem(r, st, list)
	default:
		return nil, nil
	}
	h := &r.Resp.Headers
	h.Add([]byte("Cache-Control"), []byte("no-store"))
	h.Add([]byte("X-Content-Type-Options"), []byte("nosniff"))
	if wantsPage(r) {
		h.Add([]byte("Content-Security-Policy"), []byte("default-src 'none'; style-src 'unsafe-inline'"))
	}
	return contentType, body
}

// near127 reports whether the client is on this machine, whatever it says of itself.
func near127(r *httpd.Request) bool {
	if r.Client == nil {
		return false
	}
	a := r.Client.RemoteAddr()
	return a.IsValid() && a.Addr().Unmap().IsLoopback()
}

// wantsPage reports whether a browser shows the answer to a person.
func wantsPage(r *httpd.Request) bool { return accepts(r, "text/html") }

func accepts(r *httpd.Request, what string) bool {
	return r.Head != nil && strings.Contains(strings.ToLower(string(r.Header(header.Accept))), what)
}

func page(st httpd.Status, list []*Diagnosis) []byte {
	var b bytes.Buffer
	code := int(st.Shown())
	err := pageTemplate().Execute(&b, map[string]any{
		"Status": code, "Reason": http.StatusText(code), "List": list, "Last": list[len(list)-1],
	})
	if err != nil {
		return nil
	}
	return b.Bytes()
}

// pageTemplate is not made before there is a page: nothing of it is for nginx's life.
var pageTemplate = sync.OnceValue(func() *template.Template { return template.Must(template.New("page").Parse(pageText)) })

const pageText = `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{{.Status}} {{.Reason}}</title>
<style>
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:48rem;margin:3rem auto;padding:0 1rem}
h1{font-size:1.4rem}
article{border-left:4px solid #c33;padding:.2rem 1rem;margin:1rem 0}
code,pre{font:14px/1.4 ui-monospace,monospace;white-space:pre-wrap;overflow-wrap:anywhere}
dt{font-weight:600}dd{margin:0 0 .4rem 1rem}
footer{opacity:.7;font-size:.85rem;margin-top:2rem}
</style></head><body>
<h1>{{.Status}} {{.Reason}}</h1>
<p><code>{{.Last.Request}}</code></p>
{{range .List}}<article>
<p>{{with .Entry}}<strong>{{.ID}}</strong> {{end}}{{.Text}}</p>
<dl>{{with .Place}}<dt>Where</dt><dd><code>{{.}}</code></dd>{{end}}
{{with .Fix}}<dt>What to do</dt><dd>{{.}}</dd>{{end}}</dl>
{{with .Entry}}<p><code>understudy why {{.ID}}</code></p>{{end}}
</article>{{end}}
<footer>From understudy run, for clients on this machine; others get nginx's page.</footer>
</body></html>
`

// Place is the directive that decided and where it stands, or the location.
func (x *Diagnosis) Place() string {
	switch {
	case x.Setting.Pos.IsValid():
		return x.Setting.Text + "  " + x.Setting.Pos.String()
	case x.Setting.Text != "":
		return x.Setting.Text + "  (default, not set)"
	case x.At.IsValid():
		return "location " + x.In + "  " + x.At.String()
	}
	return ""
}

// Values are the evidence in the form JSON has it.
func (x *Diagnosis) Values() map[string]any {
	m := map[string]any{}
	for _, f := range x.Facts {
		switch v := f.Value.(type) {
		case time.Duration:
			m[f.Name] = v.Seconds()
		case string:
			m[f.Name] = strings.ToValidUTF8(v, "\ufffd")
		default:
			m[f.Name] = v
		}
	}
	return m
}

// ID is the stable code of the kind of finding.
func (x *Diagnosis) ID() string {
	if x.Entry == nil {
		return ""
	}
	return x.Entry.ID
}

// A cause is a finding in a problem document.
type cause struct {
	Code     string         `json:"code"`
	Detail   string         `json:"detail"`
	Place    string         `json:"place,omitempty"`
	Fix      string         `json:"fix,omitempty"`
	Evidence map[string]any `json:"evidence,omitempty"`
}

func problem(r *httpd.Request, st httpd.Status, list []*Diagnosis) []byte {
	last, code := list[len(list)-1], int(st.Shown())
	doc := struct {
		Title    string  `json:"title"`
		Status   int     `json:"status"`
		Detail   string  `json:"detail"`
		Instance string  `json:"instance"`
		Code     string  `json:"code"`
		Causes   []cause `json:"causes"`
	}{http.StatusText(code), code, last.Text, text(r.Target), last.ID(), nil}
	for _, x := range list {
		doc.Causes = append(doc.Causes, cause{x.ID(), x.Text, x.Place(), x.Fix, x.Values()})
	}
	b, err := json.Marshal(doc)
	if err != nil {
		return nil
	}
	return append(b, '\n')
}
