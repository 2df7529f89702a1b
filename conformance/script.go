package conformance

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// A script is one traffic case: a configuration, files, what to send and what
// nginx answered. README.md describes the format.
type script struct {
	*archive
	exchanges []*exchange
	backends  []*backendScript
	masks     []mask
	files     map[string]string // content by name; the configuration among them
	certs     []string          // names for which the prefix has NAME.pem and NAME.key
	logs      []string          // names of the log files that are compared
	idle      time.Duration     // silence that ends an answer when recording
}

// An exchange sends bytes and compares what comes back.
type exchange struct {
	name   string
	to     string // address with places
	from   string // local address; "": any
	on     string // exchange whose connection is used; "": a new connection
	digest bool   // the body of the answer is compared by length and hash
	joined bool   // the chunks of the answer are compared as one
	nowait bool   // the answer is left to a later exchange on the connection
	udp    bool
	tls    string // server name of a TLS connection; "": plain
	orders string
	want   string
}

// A backendScript is a peer that answers with given bytes.
type backendScript struct {
	name   string // "backend.1"
	raw    bool   // its orders run once per connection, not once per request
	orders string
	want   string // what it received
}

const conf = "nginx.conf"

var (
	exchangeRE = regexp.MustCompile(`^\d+$`)
	backendRE  = regexp.MustCompile(`^backend\.[1-4]$`)
)

func readScript(file string) (*script, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	s := &script{archive: parseArchive(data), files: map[string]string{}, idle: 400 * time.Millisecond}
	for _, sec := range s.sections {
		base, isWant := strings.CutSuffix(sec.name, ".want")
		switch {
		case exchangeRE.MatchString(sec.name):
			want, _ := s.text(sec.name + ".want")
			s.exchanges = append(s.exchanges, &exchange{name: sec.name, to: "$ADDR", orders: sec.text, want: want})
		case backendRE.MatchString(sec.name):
			want, _ := s.text(sec.name + ".got")
			s.backends = append(s.backends, &backendScript{name: sec.name, orders: sec.text, want: want})
		case isWant && strings.HasSuffix(base, ".log"):
			s.logs = append(s.logs, base)
		case isWant && s.exchange(base) != nil:
		case strings.HasSuffix(sec.name, ".got") && s.backend(strings.TrimSuffix(sec.name, ".got")) != nil:
		case isWant:
			return nil, fmt.Errorf("%s: section %q belongs to nothing before it", file, sec.name)
		default:
			s.files[sec.name] = sec.text
		}
	}
	if _, ok := s.files[conf]; !ok {
		return nil, fmt.Errorf("%s: no section %q", file, conf)
	}
	if !strings.HasPrefix(s.comment, "# ") {
		return nil, fmt.Errorf("%s: does not begin with a comment that says what it shows", file)
	}
	for i, line := range strings.Split(s.comment, "\n") {
		if err := s.option(line); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, i+1, err)
		}
	}
	for _, x := range s.exchanges {
		if x.on == "" {
			continue
		}
		if first := s.exchange(x.on); first == nil || first.on != "" {
			return nil, fmt.Errorf("%s: exchange %s: %s did not open a connection", file, x.name, x.on)
		}
	}
	return s, nil
}

func (s *script) exchange(name string) *exchange {
	for _, x := range s.exchanges {
		if x.name == name {
			return x
		}
	}
	return nil
}

func (s *script) backend(name string) *backendScript {
	for _, b := range s.backends {
		if b.name == name {
			return b
		}
	}
	return nil
}

// last tells whether no exchange behind the ith uses its connection.
func (s *script) last(i int) bool {
	on := map[string]bool{s.exchanges[i].name: true}
	on[s.exchanges[i].on] = s.exchanges[i].on != ""
	for _, x := range s.exchanges[i+1:] {
		if on[x.on] {
			return false
		}
	}
	return true
}

// option reads one line of the archive's comment.
func (s *script) option(line string) error {
	word := strings.Fields(line)
	if len(word) == 0 || strings.HasPrefix(line, "#") {
		return nil
	}
	if x := s.exchange(word[0]); x != nil && len(word) > 1 {
		return x.option(word[1:])
	}
	if b := s.backend(word[0]); b != nil && len(word) == 2 && word[1] == "raw" {
		b.raw = true
		return nil
	}
	var err error
	switch {
	case word[0] == "idle" && len(word) == 2:
		s.idle, err = time.ParseDuration(word[1])
	case word[0] == "mask" && len(word) >= 3:
		var re *regexp.Regexp
		re, err = regexp.Compile(strings.SplitN(line, " ", 3)[2])
		s.masks = append(s.masks, mask{word[1], re})
	case word[0] == "cert" && len(word) == 2:
		s.certs = append(s.certs, word[1])
	case word[0] == "file" && len(word) == 3:
		var n int
		n, err = strconv.Atoi(word[2])
		s.files[word[1]] = filler(n)
	default:
		err = fmt.Errorf("unknown option %q", line)
	}
	return err
}

func (x *exchange) option(word []string) error {
	switch {
	case word[0] == "to" && len(word) == 2:
		x.to = word[1]
	case word[0] == "from" && len(word) == 2:
		x.from = word[1]
	case word[0] == "on" && len(word) == 2:
		x.on = word[1]
	case word[0] == "digest" && len(word) == 1:
		x.digest = true
	case word[0] == "joined" && len(word) == 1:
		x.joined = true
	case word[0] == "nowait" && len(word) == 1:
		x.nowait = true
	case word[0] == "tls" && len(word) == 2:
		x.tls = word[1]
	case word[0] == "udp" && len(word) == 1:
		x.udp = true
	default:
		return fmt.Errorf("unknown option %q of exchange %s", strings.Join(word, " "), x.name)
	}
	return nil
}

// filler returns n bytes in which every place can be told from the others.
func filler(n int) string {
	var b strings.Builder
	for b.Len() < n {
		fmt.Fprintf(&b, "%09d\n", b.Len())
	}
	return b.String()[:n]
}
