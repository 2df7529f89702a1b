package regex

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

var benchSubjects = []struct{ name, pattern, subject string }{
	{"extension/hit", `\.php$`, "/index.php"},
	{"extension/miss", `\.php$`, "/assets/site.css"},
	{"extensions/hit", `\.(?:js|css|png|jpe?g|gif|ico|svg|woff2?)$`, "/assets/images/logo.png"},
	{"extensions/miss", `\.(?:js|css|png|jpe?g|gif|ico|svg|woff2?)$`, "/api/v1/users/17"},
	{"extensions/fold", `(?i)\.(?:js|css|png|jpe?g|gif|ico|svg|woff2?)$`, "/assets/images/LOGO.PNG"},
	{"capture/hit", `\.(js|css|png|jpe?g|gif)$`, "/assets/images/logo.gif"},
	{"prefix/hit", `^/api/(.*)$`, "/api/v1/users/17"},
	{"prefix/miss", `^/api/(.*)$`, "/assets/site.css"},
	{"php/hit", `^(.+?\.php)(/.*)?$`, "/app/public/index.php/some/path/info"},
	{"php/miss", `^(.+?\.php)(/.*)?$`, "/app/public/index.html/some/path/info"},
	{"dot/hit", `/\.(?!well-known)`, "/site/.git/config"},
	{"dot/miss", `/\.(?!well-known)`, "/assets/images/logo.png"},
	{"names", `^(?<user>[a-z]+)\.(?<zone>[a-z0-9-]+)\.example\.com$`, "alice.eu-west-1.example.com"},
	{"backref", `^/(\w+)/\1$`, "/abc/abc"},
}

func BenchmarkMatch(b *testing.B) {
	for _, bm := range benchSubjects {
		b.Run(bm.name, func(b *testing.B) {
			re, err := Compile(bm.pattern, Options{})
			if err != nil {
				b.Fatal(err)
			}
			s := []byte(bm.subject)
			caps := make([]int, 0, 32)
			b.ReportAllocs()
			for b.Loop() {
				caps, _, _ = re.Match(s, caps)
			}
		})
	}
}

// BenchmarkStd is the standard package on the same patterns, for comparison.
func BenchmarkStd(b *testing.B) {
	for _, bm := range benchSubjects {
		re, err := regexp.Compile(bm.pattern)
		if err != nil {
			continue
		}
		b.Run(bm.name, func(b *testing.B) {
			s := []byte(bm.subject)
			b.ReportAllocs()
			for b.Loop() {
				re.FindSubmatchIndex(s)
			}
		})
	}
}

// BenchmarkMisses is a request that passes by fifty locations.
func BenchmarkMisses(b *testing.B) {
	var all []*Regexp
	for i := range 50 {
		re, err := Compile(fmt.Sprintf(`\.(ext%d|e%d|x%dy?)$`, i, i, i), Options{CaseInsensitive: i%2 == 0})
		if err != nil {
			b.Fatal(err)
		}
		all = append(all, re)
	}
	for _, s := range []string{"/assets/images/logo.png", "/" + strings.Repeat("long/", 40) + "x.e9z"} {
		b.Run(fmt.Sprint(len(s)), func(b *testing.B) {
			subject := []byte(s)
			caps := make([]int, 0, 32)
			b.ReportAllocs()
			for b.Loop() {
				for _, re := range all {
					caps, _, _ = re.Match(subject, caps)
				}
			}
		})
	}
}
