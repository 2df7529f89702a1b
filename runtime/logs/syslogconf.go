package logs

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
)

var facilities = []string{
	"kern", "user", "mail", "daemon", "auth", "intern", "lpr", "news", "uucp",
	"clock", "authpriv", "ftp", "ntp", "audit", "alert", "cron", "local0",
	"local1", "local2", "local3", "local4", "local5", "local6", "local7",
}

// SyslogServer is what stands behind "syslog:" in error_log and access_log.
//
// https://nginx.org/en/docs/syslog.html
type SyslogServer struct {
	Network    string // udp or unixgram
	Addr       string // for net.Dial
	Name       string // as messages about it call it
	Facility   int
	Severity   int // of access_log's lines
	Tag        string
	NoHostname bool
}

// ParseSyslog reads the parameters after "syslog:". A name of a host is looked
// up at once, as by nginx. The errors are nginx's.
func ParseSyslog(params string) (SyslogServer, error) {
	const unset = -1
	s := SyslogServer{Facility: unset, Severity: unset}
	for p := range strings.SplitSeq(params, ",") {
		key, value, _ := strings.Cut(p, "=")
		if !strings.Contains(p, "=") {
			key = ""
		}
		var err error
		switch {
		case key == "server":
			if s.Addr != "" {
				return s, fmt.Errorf("duplicate syslog \"server\"")
			}
			err = s.parseServer(value)
		case key == "facility":
			s.Facility, err = choose(key, value, s.Facility, facilities)
		case key == "severity":
			s.Severity, err = choose(key, value, s.Severity, severities())
		case key == "tag":
			err = s.parseTag(value)
		case p == "nohostname":
			s.NoHostname = true
		default:
			err = fmt.Errorf("unknown syslog parameter \"%s\"", p)
		}
		if err != nil {
			return s, err
		}
	}
	if s.Addr == "" {
		return s, fmt.Errorf("no syslog server specified")
	}
	if s.Facility == unset {
		s.Facility = 23 // local7
	}
	if s.Severity == unset {
		s.Severity = 6 // info
	}
	if s.Tag == "" {
		s.Tag = "nginx"
	}
	return s, nil
}

func severities() []string {
	names := make([]string, 0, len(ladder))
	for _, r := range ladder {
		names = append(names, r.name)
	}
	return names
}

func choose(key, value string, old int, names []string) (int, error) {
	if old >= 0 {
		return 0, fmt.Errorf("duplicate syslog \"%s\"", key)
	}
	i := slices.Index(names, value)
	if i < 0 {
		return 0, fmt.Errorf("unknown syslog %s \"%s\"", key, value)
	}
	return i, nil
}

// parseTag takes what RFC 3164 section 4.1.3 calls a tag, and underscores.
func (s *SyslogServer) parseTag(tag string) error {
	if s.Tag != "" {
		return fmt.Errorf("duplicate syslog \"tag\"")
	}
	if len(tag) > 32 {
		return fmt.Errorf("syslog tag length exceeds 32")
	}
	for _, c := range []byte(tag) {
		if (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') && c != '_' {
			return fmt.Errorf("syslog \"tag\" only allows alphanumeric characters and underscore")
		}
	}
	s.Tag = tag
	return nil
}

func (s *SyslogServer) parseServer(url string) error {
	wrong := func(what string) error { return fmt.Errorf("%s in syslog server \"%s\"", what, url) }
	if len(url) >= 5 && strings.EqualFold(url[:5], "unix:") {
		path := url[5:]
		switch {
		case path == "":
			return wrong("no path in the unix domain socket")
		case len(path) > 107: // sun_path with its final zero
			return wrong("too long path in the unix domain socket")
		}
		s.Network, s.Addr, s.Name = "unixgram", path, url
		return nil
	}
	host, port := url, "514"
	if strings.HasPrefix(url, "[") {
		end := strings.IndexByte(url, ']')
		if end < 0 {
			return wrong("invalid host")
		}
		host = url[1:end]
		if rest := url[end+1:]; rest != "" {
			if rest[0] != ':' {
				return wrong("invalid host")
			}
			port = rest[1:]
		}
	} else if h, p, ok := strings.Cut(url, ":"); ok {
		host, port = h, p
	}
	if host == "" {
		return wrong("no host")
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return wrong("invalid port")
	}
	ip := net.ParseIP(host)
	if ip == nil {
		ips, err := net.LookupIP(host)
		if err != nil || len(ips) == 0 {
			return wrong("host not found")
		}
		ip = ips[0]
	}
	s.Network, s.Addr = "udp", net.JoinHostPort(ip.String(), port)
	s.Name = s.Addr
	return nil
}
