package httpcore

import (
	"os"
	"strings"

	"understudy/directives/spec"
	"understudy/runtime/regex"
)

// A serverName is one argument of server_name.
type serverName struct {
	source string // as written
	text   string // in lower case, unless it is a regular expression
	re     *regex.Regexp
}

// names are the directives that tell servers apart.
var names = []spec.Directive[conf]{{
	Name: "server_name", In: spec.Server, Args: spec.AtLeast(1), Syntax: "name ...",
	Doc: "Sets the names of a virtual server.",
	Set: spec.Do(setServerName).Visible(),
}, {
	Name: "listen", In: spec.Server, Args: spec.AtLeast(1), Syntax: "address[:port] [default_server] [parameters]",
	Doc: "Sets the address and port, or the path of a unix socket, on which the server takes requests.",
	Set: spec.Do(addListen).Visible(),
}}

func setServerName(c *conf, call *spec.Call) error {
	for i, a := range call.Args {
		name := a.Text
		if strings.HasPrefix(name, "*") && (len(name) < 3 || name[1] != '.') || name == "." {
			return call.Errorf(i, "server name %s is invalid", quoted(name))
		}
		if strings.Contains(name, "/") {
			call.Warnf(i, "server-name", "server name %s has suspicious symbols", quoted(name))
		}
		n := serverName{source: name, text: strings.ToLower(name)}
		if n.text == "$hostname" {
			host, _ := os.Hostname() // nginx does not start without a name; here it would be empty
			n.text = strings.ToLower(host)
		}
		if pattern, ok := strings.CutPrefix(name, "~"); ok {
			if pattern == "" {
				return call.Errorf(i, "empty regex in server name %s", quoted(name))
			}
			re, err := call.Regex(pattern, i, regex.Options{CaseInsensitive: hasUpper(pattern)})
			if err != nil {
				return err
			}
			n.re, n.text = re, name
		}
		c.nameList = append(c.nameList, n)
	}
	return nil
}

// hasUpper: nginx matches a regular expression with upper case letters
// regardless of case, since hosts are in lower case.
func hasUpper(s string) bool { return strings.ContainsAny(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") }

// firstName is what $server_name says.
func firstName(list []serverName) string {
	if len(list) == 0 {
		return ""
	}
	return strings.TrimPrefix(list[0].text, ".")
}
