package certs

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// listsText is cipher lists, and what openssl ciphers -s -tls1_2 makes of them.
//
//go:embed testdata/lists.tsv
var listsText string

func TestParseCiphers(t *testing.T) {
	for line := range strings.Lines(listsText) {
		list, names, _ := strings.Cut(strings.TrimSpace(line), "\t")
		var want []string
		for name := range strings.SplitSeq(names, ":") {
			for _, c := range ciphers() {
				if c.name == name && c.usable && c.proto != "TLSv1.3" && c.au != "None" {
					want = append(want, name)
				}
			}
		}
		ids, err := parseCiphers(list, func(string, ...any) {})
		if err != nil {
			t.Errorf("%s: %v", list, err)
		}
		var got []string
		for _, id := range ids {
			got = append(got, CipherName(id))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s:\n got %v\nwant %v", list, got, want)
		}
	}
}

func TestParseCiphersMissing(t *testing.T) {
	for list, want := range map[string]string{
		"HIGH:!aNULL": "",
		"ECDHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES128-GCM-SHA256": "DHE-RSA-AES128-GCM-SHA256",
		"DHE-RSA-AES128-GCM-SHA256:!DHE:AES128-SHA":             "",
	} {
		got := ""
		_, err := parseCiphers(list, func(f string, a ...any) { got = fmt.Sprintf(f, a...) })
		if err != nil || want == "" && got != "" || !strings.HasSuffix(got, want) {
			t.Errorf("%s: %q, %v, want %q", list, got, err, want)
		}
	}
	for _, list := range []string{"", "bogus", "!ALL", "ALL:!ALL", "+ALL"} {
		if ids, err := parseCiphers(list, func(string, ...any) {}); err == nil {
			t.Errorf("%s: %v, want an error", list, ids)
		}
	}
}

func FuzzParseCiphers(f *testing.F) {
	for line := range strings.Lines(listsText) {
		list, _, _ := strings.Cut(line, "\t")
		f.Add(list)
	}
	f.Fuzz(func(t *testing.T, list string) {
		ids, err := parseCiphers(list, func(string, ...any) {})
		for _, id := range ids {
			if err != nil || strings.HasPrefix(CipherName(id), "0x") {
				t.Errorf("%q: %x, %v", list, id, err)
			}
		}
	})
}

func TestCurves(t *testing.T) {
	for list, want := range map[string]string{
		"auto":                       "[]",
		"prime256v1:secp384r1:P-521": "[CurveP256 CurveP384 CurveP521]",
		"x25519:?bogus":              "[X25519]",
		"X25519MLKEM768:X25519:secp521r1:ffdhe2048": "[X25519MLKEM768 X25519 CurveP521]",
	} {
		if got, err := parseCurves(list, func(string, ...any) {}); err != nil || fmt.Sprint(got) != want {
			t.Errorf("%s: %v, %v, want %s", list, got, err, want)
		}
	}
	for _, list := range []string{"bogus", "X25519:bogus", ":", "secp256k1"} {
		if got, err := parseCurves(list, func(string, ...any) {}); err == nil {
			t.Errorf("%s: %v, want an error", list, got)
		}
	}
}
