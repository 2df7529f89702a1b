package certs

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestEncryptedKeys(t *testing.T) {
	passwords := ParsePasswords([]byte("bar\r\n\nfoo"))
	for _, name := range []string{"plain", "legacy", "pbes2", "pbes2-des3", "pbes2-sha512"} {
		c, err := new(Loader).Pair("testdata/cert.pem", "testdata/"+name+".key", passwords)
		if err != nil || c.Leaf.Subject.CommonName != "c1" {
			t.Errorf("%s: %v", name, err)
		}
		if name == "plain" {
			continue
		}
		for _, wrong := range [][][]byte{nil, {{}}, {[]byte("bar")}} {
			want := "bad decrypt"
			if wrong == nil {
				want = "bad password read)"
			}
			if _, err := new(Loader).Pair("testdata/cert.pem", "testdata/"+name+".key", wrong); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s with %q: %v, want %q", name, wrong, err, want)
			}
		}
	}
	_, err := new(Loader).Pair("testdata/cert.pem", "testdata/scrypt.key", passwords)
	if err == nil || !strings.Contains(err.Error(), "not supported") {
		t.Errorf("scrypt: %v, want that it is not supported", err)
	}
}

func TestPasswords(t *testing.T) {
	for text, want := range map[string]string{"": "", "a": "a", "a\nb\r\n\n c ": "a,b, c "} {
		var got []string
		for _, p := range ParsePasswords([]byte(text)) {
			got = append(got, string(p))
		}
		if s := strings.Join(got, ","); s != want {
			t.Errorf("%q: %q, want %q", text, s, want)
		}
	}
}

// TestStore is about what nginx's ssl_certificate_cache.t is about, without waiting.
func TestStore(t *testing.T) {
	dir := t.TempDir()
	pair := func(i string) (string, string) { return filepath.Join(dir, i+".pem"), filepath.Join(dir, i+".key") }
	put := func(i string) {
		for _, f := range []string{"cert.pem", "plain.key"} {
			text, err := os.ReadFile("testdata/" + f)
			if err == nil {
				err = os.WriteFile(filepath.Join(dir, i+filepath.Ext(f)), text, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	remove := func(i string) {
		c, k := pair(i)
		os.Remove(c)
		os.Remove(k)
	}
	s := &Store{Max: 4, Inactive: time.Hour, Valid: time.Hour}
	get := func(i string, want bool) {
		t.Helper()
		c, k := pair(i)
		if _, err := s.Pair(c, k, nil); (err == nil) != want {
			t.Errorf("%s: %v, want %t", i, err, want)
		}
	}
	for _, i := range []string{"1", "2", "3"} {
		put(i)
	}
	get("1", true)
	remove("1")
	get("1", true)
	get("2", true)
	get("3", true)
	get("1", false) // two more pairs took its place
	remove("2")
	get("2", true)
	s.Valid = -1
	get("2", false)
	get("3", true) // looked at again, and unchanged
}

func FuzzParseKey(f *testing.F) {
	for _, name := range []string{"plain", "legacy", "pbes2", "pbes2-des3", "scrypt"} {
		text, err := os.ReadFile("testdata/" + name + ".key")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 1<<12 {
			return
		}
		key, _, codes := parseKey(text, [][]byte{[]byte("foo")})
		if (key == nil) == (codes == nil) {
			t.Errorf("%v, %v", key, codes)
		}
	})
}
