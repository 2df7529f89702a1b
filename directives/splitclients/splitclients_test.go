package splitclients

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var nginx = flag.String("nginx", "", "write where this nginx puts the keys into testdata/parts.txt")

// percents are the parts of testdata/parts.txt, whose names are their numbers.
var percents = []string{"0.01%", "0.5%", "1%", "33.33%", "10.1%", "7%", "20%", "3.07%", "*"}

// keys are of all lengths from none on, in more than ASCII.
func keys() []string {
	list := []string{""}
	for i := range 999 {
		list = append(list, strings.Repeat("-", i%7)+fmt.Sprint(i*i)+strings.Repeat("\xe9z", i%3))
	}
	return list
}

// TestParts compares with where nginx puts 1000 keys.
func TestParts(t *testing.T) {
	const file = "testdata/parts.txt"
	if *nginx != "" {
		record(t, file)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Fields(string(data))
	ks := keys()
	if len(want) != len(ks) {
		t.Fatalf("%s has %d lines, want %d", file, len(want), len(ks))
	}
	var ps parts
	for i, s := range percents {
		p := part{val: []byte(fmt.Sprint(i))}
		if s != "*" {
			p.percent, _ = parsePercent(s)
		}
		ps = append(ps, p)
	}
	if !ps.place() {
		t.Fatal("more than 100 %")
	}
	for i, k := range ks {
		if got := string(ps.find(hash([]byte(k)))); got != want[i] {
			t.Errorf("%q is in part %s, want %s", k, got, want[i])
		}
	}
}

func record(t *testing.T, file string) {
	dir := t.TempDir()
	sock := filepath.Join(dir, "s")
	conf := "daemon off; master_process off; pid nginx.pid; events {} http { access_log off; keepalive_requests 10000; split_clients $http_k $s {\n"
	for i, p := range percents {
		conf += fmt.Sprintf("%s %d;\n", p, i)
	}
	conf += "} server { listen unix:" + sock + "; return 200 $s; } }"
	if err := os.WriteFile(filepath.Join(dir, "nginx.conf"), []byte(conf), 0o666); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(*nginx, "-p", dir, "-c", "nginx.conf", "-e", "stderr")
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	var c net.Conn
	err := error(io.EOF)
	for range 100 {
		if c, err = net.Dial("unix", sock); err == nil {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	r := bufio.NewReader(c)
	var out strings.Builder
	for _, k := range keys() {
		fmt.Fprintf(c, "GET / HTTP/1.1\r\nHost: a\r\nK: %s\r\n\r\n", k)
		resp, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&out, "%s\n", body)
	}
	if err := os.WriteFile(file, []byte(out.String()), 0o666); err != nil {
		t.Fatal(err)
	}
}

func TestParsePercent(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want uint32
	}{
		{"1%", 100}, {"0.01%", 1}, {".5%", 50}, {"1.%", 100}, {"100%", 10000}, {"101%", 10100},
		{"1", 0}, {"%", 0}, {"0%", 0}, {"0.00%", 0}, {"1.234%", 0}, {"1.23.%", 0}, {"1..2%", 0}, {"-1%", 0}, {"1 %", 0},
	} {
		if got, ok := parsePercent(tt.in); got != tt.want || ok != (tt.want != 0) {
			t.Errorf("parsePercent(%q) = %d, %v; want %d", tt.in, got, ok, tt.want)
		}
	}
}

func TestPlace(t *testing.T) {
	for _, tt := range []struct {
		percents []uint32 // 0: "*"
		ok       bool
	}{
		{nil, true}, {[]uint32{10000}, true}, {[]uint32{5000, 5000}, true}, {[]uint32{1, 0}, true},
		{[]uint32{5001, 5000}, false}, {[]uint32{0, 1}, false}, {[]uint32{0, 0}, true}, {[]uint32{10000, 0}, true},
	} {
		var ps parts
		for _, p := range tt.percents {
			ps = append(ps, part{percent: p})
		}
		if got := ps.place(); got != tt.ok {
			t.Errorf("place of %v: %v, want %v", tt.percents, got, tt.ok)
		}
	}
}

func TestFindAllocates(t *testing.T) {
	ps := parts{{below: 1}, {val: []byte("a")}}
	key := []byte("192.0.2.1")
	if n := testing.AllocsPerRun(100, func() { ps.find(hash(key)) }); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}
