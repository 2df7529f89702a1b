package logs

import (
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestParseSyslog(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"server=127.0.0.1", "udp 127.0.0.1:514 23 6 nginx false"},
		{"server=127.0.0.1:1514,facility=local0,severity=debug,tag=a_1,nohostname", "udp 127.0.0.1:1514 16 7 a_1 true"},
		{"server=[::1]:12", "udp [::1]:12 23 6 nginx false"},
		{"server=[::1]", "udp [::1]:514 23 6 nginx false"},
		{"server=unix:/dev/log,facility=kern,severity=emerg", "unixgram /dev/log 0 0 nginx false"},
		{"", `unknown syslog parameter ""`},
		{"facility=user", "no syslog server specified"},
		{"server=127.0.0.1,server=127.0.0.1", `duplicate syslog "server"`},
		{"facility=user,facility=user", `duplicate syslog "facility"`},
		{"severity=info,severity=info", `duplicate syslog "severity"`},
		{"tag=a,tag=b", `duplicate syslog "tag"`},
		{"facility=users", `unknown syslog facility "users"`},
		{"severity=warning", `unknown syslog severity "warning"`},
		{"tag=a-b", `syslog "tag" only allows alphanumeric characters and underscore`},
		{"tag=" + strings.Repeat("a", 33), "syslog tag length exceeds 32"},
		{"nohost", `unknown syslog parameter "nohost"`},
		{"server=", `no host in syslog server ""`},
		{"server=:514", `no host in syslog server ":514"`},
		{"server=127.0.0.1:0", `invalid port in syslog server "127.0.0.1:0"`},
		{"server=127.0.0.1:99999", `invalid port in syslog server "127.0.0.1:99999"`},
		{"server=unix:", `no path in the unix domain socket in syslog server "unix:"`},
	} {
		s, err := ParseSyslog(tt.in)
		got := fmt.Sprint(s.Network, " ", s.Addr, " ", s.Facility, " ", s.Severity, " ", s.Tag, " ", s.NoHostname)
		if err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.in, got, tt.want)
		}
	}
}

func FuzzParseSyslog(f *testing.F) {
	f.Add("server=127.0.0.1:1514,facility=local0,severity=debug,tag=a_1,nohostname")
	f.Add("server=unix:/dev/log,tag=")
	f.Add("server=[::1,,=")
	f.Fuzz(func(t *testing.T, in string) {
		if strings.Contains(in, "server=") {
			_, v, _ := strings.Cut(in, "server=")
			if v != "" && v[0] != '[' && (v[0] < '0' || v[0] > '9') && !strings.HasPrefix(v, "unix:") {
				return // would ask a resolver
			}
		}
		s, err := ParseSyslog(in)
		if err == nil && (s.Addr == "" || s.Facility < 0 || s.Severity < 0 || s.Tag == "") {
			t.Errorf("%q: %+v", in, s)
		}
	})
}

func receive(t *testing.T, c net.PacketConn) string {
	t.Helper()
	b := make([]byte, 4096)
	c.SetReadDeadline(time.Now().Add(5 * time.Second))
	n, _, err := c.ReadFrom(b)
	if err != nil {
		t.Fatal(err)
	}
	return string(b[:n])
}

func TestSyslogUDP(t *testing.T) {
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	conf, err := ParseSyslog("server=" + c.LocalAddr().String() + ",severity=notice,facility=user,tag=web")
	if err != nil {
		t.Fatal(err)
	}
	day := time.Date(2026, 1, 2, 3, 4, 5, 0, time.Local)
	l := NewSyslog(conf, at(day), nil)
	defer l.Close()
	host, _ := os.Hostname()
	host = strings.ToLower(host)
	if err := l.Send([]byte("GET /\n")); err != nil {
		t.Fatal(err)
	}
	if got, want := receive(t, c), "<13>Jan  2 03:04:05 "+host+" web: GET /"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	slog.New(NewHandler(Options{PID: 5, Now: at(day)}, Target{Level: Warn, To: l})).Error("bad", "client", "::1")
	if got, want := receive(t, c), "<11>Jan  2 03:04:05 "+host+" web: 2026/01/02 03:04:05 [error] 5#5: bad, client: ::1"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	line := []byte("x\n")
	if n := testing.AllocsPerRun(50, func() { l.Send(line) }); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

// The server goes and comes back: the sender connects again by itself.
func TestSyslogUnix(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	conf, err := ParseSyslog("server=unix:" + path + ",nohostname")
	if err != nil {
		t.Fatal(err)
	}
	var reports []string
	var l *Syslog
	l = NewSyslog(conf, at(noon), func(level slog.Level, msg string) {
		reports = append(reports, Name(level)+" "+msg)
		l.WriteLine(level, noon, []byte(msg)) // an error log may go to the same server
	})
	if err := l.Send([]byte("nobody there\n")); err == nil || err.Error() != "send() to syslog failed" {
		t.Errorf("got %v", err)
	}
	want := "alert connect() failed (2: No such file or directory) while logging to syslog, server: unix:" + path
	if len(reports) != 1 || reports[0] != want {
		t.Errorf("got %q, want %q", reports, want)
	}
	for i := range 2 {
		c, err := net.ListenPacket("unixgram", path)
		if err != nil {
			t.Fatal(err)
		}
		if i == 1 {
			l.Send([]byte("into the old socket\n"))
		}
		if err := l.Send([]byte("hello\n")); err != nil {
			t.Error(err)
		}
		if got, want := receive(t, c), "<190>Nov 21 07:53:27 nginx: hello"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		c.Close()
		os.Remove(path)
	}
	l.Close()
	if err := l.Send([]byte("closed\n")); err != nil {
		t.Errorf("after close: %v", err)
	}
}

// A server that does not read never makes a writer wait.
func TestSyslogFull(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	c, err := net.ListenPacket("unixgram", path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	conf, _ := ParseSyslog("server=unix:" + path)
	l := NewSyslog(conf, nil, nil)
	defer l.Close()
	line := []byte(strings.Repeat("x", 1000))
	for range 10000 {
		if err := l.Send(line); err != nil {
			return
		}
	}
	t.Error("10 MB went into a socket that nobody reads")
}
