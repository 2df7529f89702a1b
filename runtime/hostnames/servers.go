package hostnames

import (
	"errors"
	"fmt"

	"understudy/runtime/regex"
)

// Servers are the virtual servers of one address, by their names.
type Servers[S any] struct {
	names Table[S]
	regex []pattern[S]
	index *regex.Index // of regex
}

// A pattern is a server's name that is a regular expression.
type pattern[S any] struct {
	re     *regex.Regexp
	server S
}

// A Conflict is a name that another server of an address has already.
type Conflict struct{ Name, Address string }

func (c Conflict) Error() string {
	return fmt.Sprintf(`conflicting server name "%s" on %s, ignored`, c.Name, c.Address)
}

// Add gives a server one name on an address, of which the error speaks. The
// first server to have a name keeps it: the error is a Conflict then, anything
// else being a name that nobody can have. A name may start or end with "*", or
// start with "."; re, if not nil, is the compiled form of one that starts with "~".
func (t *Servers[S]) Add(s S, name, address string, re *regex.Regexp) error {
	if re != nil {
		t.regex = append(t.regex, pattern[S]{re, s})
		return nil
	}
	err := t.names.Add(name, s, true)
	switch {
	case errors.Is(err, ErrConflict):
		return Conflict{name, address}
	case err != nil:
		return fmt.Errorf(`invalid server name or wildcard "%s" on %s`, name, address)
	}
	return nil
}

// Ready is called when all names are there.
func (t *Servers[S]) Ready() {
	t.index = regex.NewIndex(t.regex, func(p *pattern[S]) *regex.Regexp { return p.re })
}

// A Matcher matches regular expressions against hosts, and keeps the captures.
type Matcher interface {
	Exec(re *regex.Regexp, host []byte) (bool, error)
}

// Find returns the server for a host, which is in lower case and without port,
// and how its name matched: None if no server has it. m may be nil. The error
// is that of a regular expression.
func (t *Servers[S]) Find(host []byte, m Matcher) (s S, how Kind, err error) {
	if s, how = t.names.Find(host); how != None || len(host) == 0 {
		return s, how, nil
	}
	if len(t.regex) > 0 {
		return t.findRegex(host, m)
	}
	return s, None, nil
}

// findRegex is Find's last step.
func (t *Servers[S]) findRegex(host []byte, m Matcher) (s S, how Kind, err error) {
	t.index.Each(host, len(t.regex), func(i int) bool {
		x := &t.regex[i]
		var ok bool
		if m != nil {
			ok, err = m.Exec(x.re, host)
		} else {
			_, ok, err = x.re.Match(host, nil)
		}
		if ok && err == nil {
			s, how = x.server, Regex
			return false
		}
		return err == nil
	})
	return s, how, err
}
