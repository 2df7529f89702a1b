package httpcore

import (
	"bytes"
	"strings"

	"understudy/directives/spec"
	"understudy/runtime/h1"
	"understudy/runtime/httpd"
)

// pages are the directives about what is sent instead of a response.
var pages = []spec.Directive[conf]{{
	Name: "error_page", In: orIf, Args: spec.AtLeast(2), Syntax: "code ... [=[response]] uri",
	Doc: "Says where to go, and what to answer, when a request would be finished with one of the codes.",
	Set: spec.Fill(func(c *conf) *spec.Value[[]httpd.ErrorPage] { return &c.errorPages }, addErrorPage),
},
	flag("recursive_error_pages", anywhere, "off", "Lets an error page have an error page.", func(c *conf) *spec.Value[bool] { return &c.recursivePages }),
}

func addErrorPage(list *[]httpd.ErrorPage, call *spec.Call) error {
	last := len(call.Args) - 1
	page := httpd.ErrorPage{Code: -1, Pos: call.Pos()}
	codes := call.Args[:last]
	if n := len(codes) - 1; strings.HasPrefix(codes[n].Text, "=") {
		if n == 0 {
			return call.Errorf(n, `invalid value "%s"`, codes[n].Text)
		}
		text := codes[n].Text[1:]
		page.Code = 0
		if text != "" {
			code, ok := spec.ParseNumber(text)
			if !ok {
				return call.Errorf(n, `invalid value "%s"`, codes[n].Text)
			}
			page.Code = code
		}
		codes = codes[:n]
	}
	t, err := call.Template(last)
	if err != nil {
		return err
	}
	page.To = t
	if lit, ok := t.Literal(); !ok {
		page.Variable = true
	} else if bytes.HasPrefix(lit, []byte("/")) {
		path, args := h1.SplitArgs(lit)
		if page.To, err = call.TemplateOf(string(path), last); err != nil {
			return err
		}
		page.Args = args
	}
	for i, c := range codes {
		code, ok := spec.ParseNumber(c.Text)
		if !ok || code == 499 {
			return call.Errorf(i, `invalid value "%s"`, c.Text)
		}
		if code < 300 || code > 599 {
			return call.Errorf(i, `value "%s" must be between 300 and 599`, c.Text)
		}
		p := page
		p.Status = code
		if code == 494 && p.Code == -1 {
			p.Code = 400
		}
		if code >= 495 && code <= 497 && p.Code == -1 {
			p.Code = 400
		}
		*list = append(*list, p)
	}
	return nil
}
