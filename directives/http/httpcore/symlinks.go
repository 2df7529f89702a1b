package httpcore

import (
	"strings"

	"understudy/directives/spec"
	"understudy/runtime/httpd"
	"understudy/runtime/openfile"
)

// symlinks is what a disable_symlinks directive says.
type symlinks struct {
	links openfile.Links
	from  *httpd.Template
}

var disableSymlinks = spec.Directive[conf]{
	Name: "disable_symlinks", In: anywhere, Args: spec.Between(1, 2),
	Syntax: "off | on | if_not_owner [from=part]", Default: "off",
	Doc: "Says which symbolic links are followed when files are opened.",
	Set: spec.Scalar(func(c *conf) *spec.Value[symlinks] { return &c.symlinks }, spec.Words, spec.Between(1, 2), nil, parseSymlinks),
}

func parseSymlinks(call *spec.Call) (s symlinks, err error) {
	given := false
	for i, a := range call.Args {
		switch {
		case a.Text == "off":
			s.links, given = openfile.AnyLinks, true
		case a.Text == "if_not_owner":
			s.links, given = openfile.OwnedLinks, true
		case a.Text == "on":
			s.links, given = openfile.NoLinks, true
		case strings.HasPrefix(a.Text, "from="):
			if s.from, err = call.TemplateOf(strings.TrimPrefix(a.Text, "from="), i); err != nil {
				return s, err
			}
		default:
			return s, call.Errorf(i, `invalid parameter "%s"`, a.Text)
		}
	}
	switch {
	case !given:
		return s, call.Errorf(-1, `"%s" must have "off", "on" or "if_not_owner" parameter`, call.Name.Text)
	case len(call.Args) == 1:
		return s, nil
	case s.from == nil:
		return s, call.Errorf(-1, `duplicate parameters "%s %s"`, call.Args[0].Text, call.Args[1].Text)
	case s.links == openfile.AnyLinks:
		return s, call.Errorf(-1, `"from=" cannot be used with "off" parameter`)
	}
	return s, nil
}
