package conformance

import (
	"os"
	"strings"
	"testing"
)

func TestEncodeDecode(t *testing.T) {
	for _, tt := range []struct{ data, text string }{
		{"GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\n\n"},
		{"no end", "no end\\\n"},
		{"bare\nlf\r\n", "bare\\n\\\nlf\n"},
		{"a\rb\r\n", "a\\rb\n"},
		{"@at\r\n", "\\x40at\n"},
		{"-- x --\r\n", "\\x2d- x --\n"},
		{"\x00\xff\t\\\x7f", "\\x00\\xff\\t\\\\\\x7f\\\n"},
		{"é\uFFFD\r\n", "é\uFFFD\n"},
		{"", ""},
	} {
		if got := encode([]byte(tt.data)); got != tt.text {
			t.Errorf("encode(%q): got %q, want %q", tt.data, got, tt.text)
		}
		if got := sent(t, tt.text); got != tt.data {
			t.Errorf("orders of %q: got %q, want %q", tt.text, got, tt.data)
		}
	}
}

func sent(t *testing.T, text string) string {
	t.Helper()
	orders, err := parseOrders(text)
	if err != nil {
		t.Fatal(err)
	}
	var out []byte
	for _, o := range orders {
		out = append(out, o.data...)
	}
	return string(out)
}

func FuzzEncode(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\n\r\n@\n\\\xff"))
	f.Fuzz(func(t *testing.T, data []byte) {
		text := encode(data)
		if got := sent(t, text); got != string(data) {
			t.Errorf("got %q back, want %q; text %q", got, data, text)
		}
		a := parseArchive([]byte("-- x --\n" + text))
		if got, _ := a.text("x"); len(a.sections) != 1 || got != text {
			t.Errorf("section: got %q, want %q", got, text)
		}
	})
}

func TestDecodeErrors(t *testing.T) {
	for _, line := range []string{`\q`, `\x1`, `\xzz`} {
		if _, err := decode(line); err == nil {
			t.Errorf("decode(%q): no error", line)
		}
	}
}

func TestArchive(t *testing.T) {
	const text = "# c\n-- a --\n1\n-- b --\n2\n"
	a := parseArchive([]byte(text))
	if got := string(a.format()); got != text {
		t.Errorf("got %q, want %q", got, text)
	}
	a.set("a.want", "a", "new\n")
	a.set("b", "", "changed\n")
	if got, want := string(a.format()), "# c\n-- a --\n1\n-- a.want --\nnew\n-- b --\nchanged\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestNormalize(t *testing.T) {
	p := &places{
		dir:    "/tmp/conf-1",
		values: map[string]string{"$UNIX": "/tmp/conf-1/s.sock"},
		names:  map[string]string{"127.0.0.1:20001": "$ADDR", "20001": "$PORT"},
	}
	for _, tt := range []struct{ in, want string }{
		{"Location: http://127.0.0.1:20001/ http://h:20001/ 127.0.0.2:20001", "Location: http://$ADDR/ http://h:$PORT/ 127.0.0.2:$PORT"},
		{"x20001 120001 20002", "x20001 120001 20002"},
		{"/tmp/conf-1/s.sock /tmp/conf-1/html", "$UNIX $ROOT/html"},
		{"\r\nDate: Sat, 21 Nov 2026 10:00:00 GMT\r\nExpires: Sat, 21 Nov 2026 11:00:00 GMT\r\n", "\r\nDate: $DATE\r\nExpires: $DATE+3600\r\n"},
		{"\r\nDate: Sat, 21 Nov 2026 10:00:00 GMT\r\nLast-Modified: Sun, 09 Sep 2001 01:46:40 GMT\r\n", "\r\nDate: $DATE\r\nLast-Modified: Sun, 09 Sep 2001 01:46:40 GMT\r\n"},
		{"boundary=00000000000000000007\r\n\r\n--00000000000000000007--", "boundary=$BOUNDARY\r\n\r\n--$BOUNDARY--"},
	} {
		if got := normalize(tt.in, p, nil); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
	if got, want := normalizeLog("2026/11/21 10:00:00 [error] 1#2: *3 text\n", p, nil), "[error] text\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestJoin(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	if got, want := join(head+"2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"), head+"3\r\nabc\r\n0\r\n\r\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestParseErrorCase(t *testing.T) {
	c, err := parseErrorCase("### in server\nroot /a;\nroot /b; ### `\"root\" .*`\n### \"late\" a.conf:3", 1)
	if err != nil {
		t.Fatal(err)
	}
	if want := "events {} http { server {\nroot /a;\nroot /b; }}\n"; c.config != want {
		t.Errorf("got %q, want %q", c.config, want)
	}
	wants := []finding{{"emerg", `"root" .*`, "nginx.conf:3"}, {"emerg", "late", "a.conf:3"}}
	if len(c.wants) != 2 || c.wants[0] != wants[0] || c.wants[1] != wants[1] {
		t.Errorf("got %v, want %v", c.wants, wants)
	}
	got := findings("nginx: [emerg] \"root\" directive is duplicate in /d/nginx.conf:3\nnginx: other\n", "/d")
	if len(got) != 1 || !wants[0].matches(got[0]) {
		t.Errorf("%v does not match %v", got, wants[0])
	}
	if wants[0].matches(finding{"emerg", `"root" directive is duplicate`, "nginx.conf:4"}) {
		t.Error("another line matches")
	}
}

// TestScriptErrors: a script with a mistake must not pass by testing nothing.
func TestScriptErrors(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"# c\n-- 1 --\n", "no section"},
		{"-- nginx.conf --\n", "comment"},
		{"# c\nfoo\n-- nginx.conf --\n", "unknown option"},
		{"# c\n1 too $ADDR\n-- nginx.conf --\n-- 1 --\n", "unknown option"},
		{"# c\n1 on 7\n-- nginx.conf --\n-- 1 --\n", "did not open"},
		{"# c\n-- nginx.conf --\n-- 2.want --\n", "belongs to nothing"},
	} {
		file := t.TempDir() + "/x.txtar"
		if err := os.WriteFile(file, []byte(tt.text), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := readScript(file)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: got %v, want %q", tt.text, err, tt.want)
		}
	}
}
