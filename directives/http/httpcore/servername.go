package httpcore

import (
	"os"
	"strings"

	"understudy/directives/spec"
	"understudy/runtime/regex"
)

// A serverName is one argument of server_name.
type serverName struct {
	text string // in lower case, unless it is a regular expression
	re   *regex.Regexp
}

// names are the directives that tell servers apart.
var names = []spec.Directive[conf]{{
	Name: "server_name", In: spec.Server, Args: spec.AtLeast(1), Syntax: "name ...",
	Doc: "Sets the names of a virtual server.",
	Set: spec.Do(setServerName),
}, {
	Name: "listen", In: spec.Server, Args: spec.AtLeast(1), Syntax: "address[:port] [default_server] [parameters]",
	Doc: "Sets the address and port, or the path of a unix socket, on which the server takes requests.",
	Set: spec.Do(addListen),
}}

func setServerName(c *conf, call *spec.Call) error {
	for i, a := range call.Args {
		name := a.Text
		if name == "" || strings.HasPrefix(name, "*") && (len(name) < 3 || name[1] != '.') ||
			strings.HasPrefix(name, ".") && len(name) < 2 {
			if name != "" {
				return call.Errorf(i, "server name %s is invalid", quoted(name))
			}
		}
		if strings.Contains(name, "/") {
			call.Warnf(i, "server-name", "server name %s has suspicious symbols", quoted(name))
		}
		n := serverName{text: name}
		if pattern, ok := strings.CutPrefix(name, "~"); ok {
			if pattern == "" {
				return call.Errorf(i, "empty regex in server name %s", quoted(name))
			}
			re, err := call.Regex(pattern, i, regex.Options{CaseInsensitive: hasUpper(pattern)})
			if err != nil {
				return err
			}
			n.re = re
		} else {
			if name == "$hostname" {
				host, _ := os.Hostname()
				n.text = host
			}
			n.text = strings.ToLower(n.text)
			if !validName(n.text) {
				return call.Errorf(i, "invalid server name or wildcard %s on 0.0.0.0:80", quoted(name))
			}
		}
		c.nameList = append(c.nameList, n)
	}
	return nil
}

// hasUpper: nginx matches a regular expression with upper case letters
// regardless of case, since hosts are in lower case.
func hasUpper(s string) bool { return s != strings.ToLower(s) }

// validName refuses wildcards that are not a whole label at an end.
func validName(name string) bool {
	switch stars := strings.Count(name, "*"); {
	case stars == 0:
		return !strings.Contains(name, "..")
	case stars > 1:
		return false
	}
	return strings.HasPrefix(name, "*.") || strings.HasSuffix(name, ".*") && len(name) > 2
}

// firstName is what $server_name says.
func firstName(list []serverName) string {
	if len(list) == 0 {
		return ""
	}
	return strings.TrimPrefix(list[0].text, ".")
}
