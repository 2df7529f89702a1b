package streamcore

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
	Name: "listen", In: spec.StreamServer, Args: spec.AtLeast(1), Syntax: "address:port [parameters]",
	Doc: "Sets the address and port, or the path of a unix socket, on which the server takes connections.",
	Set: spec.Do(addListen),
}, {
	Name: "server_name", In: spec.StreamServer, Args: spec.AtLeast(1), Syntax: "name ...",
	Doc: "Sets the names of a virtual server.",
	Set: spec.Do(setServerName),
}}

func setServerName(c *conf, call *spec.Call) error {
	for i, a := range call.Args {
		name := a.Text
		if strings.HasPrefix(name, "*") && (len(name) < 3 || name[1] != '.') || name == "." {
			return call.Errorf(i, `server name "%s" is invalid`, name)
		}
		if strings.Contains(name, "/") {
			call.Warnf(i, "server-name", `server name "%s" has suspicious symbols`, name)
		}
		n := serverName{text: strings.ToLower(name)}
		if n.text == "$hostname" {
			host, _ := os.Hostname() // nginx does not start without a name; here it would be empty
			n.text = strings.ToLower(host)
		}
		if pattern, ok := strings.CutPrefix(name, "~"); ok {
			if pattern == "" {
				return call.Errorf(i, `empty regex in server name "%s"`, name)
			}
			// Hosts are in lower case.
			fold := strings.ContainsAny(pattern, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
			re, err := call.Regex(pattern, i, regex.Options{CaseInsensitive: fold})
			if err != nil {
				return err
			}
			n.re, n.text = re, name
		}
		c.nameList = append(c.nameList, n)
	}
	return nil
}

// firstName is what $server_name says.
func firstName(list []serverName) string {
	if len(list) == 0 {
		return ""
	}
	return strings.TrimPrefix(list[0].text, ".")
}
