package main

import (
	"fmt"
	"strings"
)

// options are nginx's command line.
type options struct {
	help, version, configure bool // -h or -?, any of -h -v -V, -V
	test, dump, quiet        bool // -t or -T, -T, -q

	// Those with a value say whether they were given: an empty value is one.
	prefix, conf, errorLog, globals given
	signal                          string // -s
}

// given is the value of an option, if there is one.
type given struct {
	value string
	ok    bool
}

// signals are what -s takes.
var signalNames = map[string]bool{"stop": true, "quit": true, "reopen": true, "reload": true}

// parseOptions reads nginx's command line, without the program's name. Letters
// may be clustered, and a value may follow its letter or be the next argument.
// The error is in nginx's words, without the "nginx: " before them.
func parseOptions(args []string) (o options, err error) {
	value := func(letter byte, rest string, what string) (string, error) {
		if rest != "" {
			return rest, nil
		}
		if len(args) == 0 {
			return "", fmt.Errorf(`option "-%c" requires %s`, letter, what)
		}
		v := args[0]
		args = args[1:]
		return v, nil
	}
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		letters, ok := strings.CutPrefix(arg, "-")
		if !ok {
			return o, fmt.Errorf(`invalid option: "%s"`, arg)
		}
		for letters != "" {
			c := letters[0]
			letters = letters[1:]
			into, what := (*given)(nil), ""
			switch c {
			case '?', 'h':
				o.version, o.help = true, true
			case 'v':
				o.version = true
			case 'V':
				o.version, o.configure = true, true
			case 't':
				o.test = true
			case 'T':
				o.test, o.dump = true, true
			case 'q':
				o.quiet = true
			case 'p':
				into, what = &o.prefix, "directory name"
			case 'e':
				into, what = &o.errorLog, "file name"
			case 'c':
				into, what = &o.conf, "file name"
			case 'g':
				into, what = &o.globals, "parameter"
			case 's':
				if o.signal, err = value(c, letters, "parameter"); err != nil {
					return o, err
				}
				if !signalNames[o.signal] {
					return o, fmt.Errorf(`invalid option: "-s %s"`, o.signal)
				}
				letters = ""
			default:
				return o, fmt.Errorf(`invalid option: "%s"`, []byte{c}) // a byte, not a rune
			}
			if into == nil {
				continue
			}
			v, err := value(c, letters, what)
			if err != nil {
				return o, err
			}
			*into = given{v, true}
			letters = ""
		}
	}
	return o, nil
}
