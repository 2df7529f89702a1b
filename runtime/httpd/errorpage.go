package httpd

import (
	"errors"
	"fmt"
	"strings"

	"understudy/runtime/h1"
	"understudy/runtime/header"
	"understudy/runtime/logs"
)

var errGone = errors.New("client has gone")

// finish turns what serve answered into a finished response, following
// error_page as often as that is allowed.
func (r *Request) finish(st Status) Status {
	for {
		r.debugFinish(st)
		switch {
		case st == Redirected || st == Entered:
			st = r.resume(st)
		case st == 444:
			r.Resp.Status = 444
			r.terminated = true
			return st
		case st == 499 || st == 408:
			if !r.Resp.sent {
				r.Resp.Status = st
			}
			r.Keepalive = false
			return st
		case st >= 300 || st == 201 || st == 204:
			if r.Resp.sent {
				r.Keepalive = false
				return st
			}
			st = r.special(st)
		case st == Aborted:
			r.Keepalive = false
			return st
		default:
			// A step that answers with a plain success, such as a try_files
			// with "=200", sends nothing, in nginx too.
			return st
		}
	}
}

// special answers with the page for a status: the one error_page names, or
// our own.
func (r *Request) special(st Status) Status {
	r.errStatus = st
	r.fails(st)
	if r.Debugging(logs.DebugHTTP) {
		r.Debugf(logs.DebugHTTP, "http special response: %d, \"%s?%s\"", int(st), r.URI, r.Args)
	}
	switch st {
	case 400, 413, 414, 497, 495, 496, 500, 501:
		r.Keepalive = false
	}
	switch st {
	case 400, 497, 495, 496:
		r.lingering = false
	}
	r.Resp.ContentType, r.Resp.Charset, r.Resp.PlainType = nil, nil, false

	if !r.errorPage && r.changes != 0 {
		if !r.Loc.RecursiveErrorPages && len(r.Loc.ErrorPages) > 0 {
			r.errorPage = true
		}
		for i := range r.Loc.ErrorPages {
			if p := &r.Loc.ErrorPages[i]; p.Status == int(st) {
				return r.errorPageFor(p)
			}
		}
	}
	r.expectDone = true
	r.DiscardBody()
	if st == 301 || st == 302 {
		if page, ok := r.refresh(); ok {
			return page
		}
	}
	if shown := st.Shown(); shown != st {
		r.errStatus = shown
	}
	return r.page(st)
}

// Shown is a status as the client sees it: nginx's own ones are 400.
func (st Status) Shown() Status {
	switch st {
	case 494, 495, 496, 497:
		return 400
	}
	return st
}

// errorPageFor goes where an error_page says.
func (r *Request) errorPageFor(p *ErrorPage) Status {
	if p.Code > 0 && p.Code != 200 {
		r.expectDone = true
	}
	if p.Code >= 0 {
		r.errStatus = Status(p.Code)
	}
	to := r.Eval(p.To)
	r.note("error_page (%s) for %d: %q", p.Pos, p.Status, to)
	switch {
	case len(to) > 0 && to[0] == '/':
		args := p.Args
		if p.Variable {
			to, args = h1.SplitArgs(to)
		}
		if r.MethodID != HEAD {
			r.Method, r.MethodID = methodGET, GET
		}
		return r.Redirect(to, args)
	case len(to) > 0 && to[0] == '@':
		return r.Enter(to)
	}
	r.expectDone = true
	r.DiscardBody()
	switch p.Code {
	case 301, 302, 303, 307, 308:
	default:
		r.errStatus = 302
	}
	r.Resp.SetLocation(to)
	if page, ok := r.refresh(); ok {
		return page
	}
	return r.page(r.errStatus)
}

// refresh sends a page that goes to the Location after a while, instead of the
// redirect, to browsers that msie_refresh has in mind.
func (r *Request) refresh() (st Status, sent bool) {
	to := r.Resp.Location
	if !r.Loc.MSIERefresh || to == nil || r.Agent()&h1.MSIE == 0 {
		return OK, false
	}
	const head, tail = `<html><head><meta http-equiv="Refresh" content="0; URL=`, `"></head><body></body></html>` + "\r\n"
	body := h1.AppendEscape(append(r.Alloc(len(head)+3*len(to)+len(tail)), head...), to, h1.EscapeRefresh)
	r.Resp.Location, r.errStatus = nil, 200
	return r.sendPage(append(body, tail...)), true
}

var methodGET = []byte("GET")

// page sends our own page for a status.
func (r *Request) page(st Status) Status {
	if r.file != nil && st >= 400 {
		if t, body := r.HTTP.Doctor.Page(r, st); body != nil {
			return r.sendPageOf(t, body)
		}
	}
	return r.sendPage(r.pageBody(st))
}

func (r *Request) sendPage(body []byte) Status {
	if body == nil {
		return r.sendPageOf(nil, nil)
	}
	return r.sendPageOf(typeHTML, body)
}

func (r *Request) sendPageOf(contentType, body []byte) Status {
	p := &r.Resp
	if contentType != nil {
		p.ContentType, p.PlainType = contentType, true
	}
	p.Length = int64(len(body))
	p.ClearRanges()
	p.ClearLastModified()
	p.Headers.DelID(header.ETag)
	p.Headers.DelID(header.ContentLength)
	if st := r.SendHeader(); st != OK || r.HeadOnly {
		return r.sentHead(st)
	}
	return r.sendAll(body)
}

var typeHTML = []byte("text/html")

// pageExtras are what the pages of nginx's own statuses say under the heading.
var pageExtras = map[Status]string{
	494: "Request Header Or Cookie Too Large",
	495: "The SSL certificate error",
	496: "No required SSL certificate was sent",
	497: "The plain HTTP request was sent to HTTPS port",
}

// pageTitles are those that differ from what the status line says.
var pageTitles = map[Status]string{302: "302 Found", 401: "401 Authorization Required", 498: "404 Not Found"}

// pageStatuses are those whose page has a body.
var pageStatuses = func() map[Status]bool {
	m := map[Status]bool{}
	for _, s := range []Status{
		301, 302, 303, 307, 308,
		400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 416, 421, 429,
		494, 495, 496, 497, 498,
		500, 501, 502, 503, 504, 505, 507,
	} {
		m[s] = true
	}
	return m
}()

// pageBody returns the page for a status, or nil if it has none.
func (r *Request) pageBody(st Status) []byte {
	if !pageStatuses[st] {
		return nil
	}
	title := fmt.Sprintf("%d %s", st, h1.Reason(int(st)))
	if t := pageTitles[st]; t != "" {
		title = t
	}
	head, extra := title, pageExtras[st]
	if extra != "" {
		head = "400 Bad Request"
		title = "400 " + extra
	}
	b := r.Alloc(1024)
	b = append(append(append(b, "<html>\r\n<head><title>"...), title...), "</title></head>\r\n<body>\r\n<center><h1>"...)
	b = append(append(b, head...), "</h1></center>\r\n"...)
	if extra != "" {
		b = append(append(append(b, "<center>"...), extra...), "</center>\r\n"...)
	}
	b = append(b, "<hr><center>nginx"...)
	if r.Loc.ServerTokens != TokensOff {
		b = append(append(b, '/'), r.HTTP.Version...)
	}
	b = append(b, "</center>\r\n</body>\r\n</html>\r\n"...)
	if r.Loc.MSIEPadding && st >= 400 && !r.Old && r.friendly() {
		b = append(b, msiePadding...)
	}
	return b
}

// msiePadding makes a page long enough that old browsers show it instead of
// one of their own.
var msiePadding = strings.Repeat("<!-- a padding to disable MSIE and Chrome friendly error page -->\r\n", 6)
