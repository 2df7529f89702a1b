package certs

import (
	"crypto/x509"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

func TestAuthority(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	var wg sync.WaitGroup
	made := make([]*Authority, 8)
	for i := range made {
		wg.Go(func() {
			var err error
			if made[i], err = OpenAuthority(dir); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if t.Failed() {
		return
	}
	for _, a := range made[1:] {
		if !a.Certificate().Equal(made[0].Certificate()) {
			t.Fatal("processes that begin at once have authorities of their own")
		}
	}
	a := made[0]
	c, err := a.Issue([]string{"Prod.Example.com", ".example.org", "*.example.net", "_", "~^x", "", "192.0.2.1", "bad name", "mail.*"})
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(a.Certificate())
	for name, want := range map[string]bool{
		"prod.example.com": true, "example.org": true, "a.example.org": true, "b.example.net": true, "localhost": true, "x.localhost": true,
		"127.0.0.1": true, "::1": true, "192.0.2.1": true, "example.net": false, "other.example": false,
	} {
		_, err := c.Leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: name})
		if got := err == nil; got != want {
			t.Errorf("%s: %v, want valid %v", name, err, want)
		}
	}
	again, err := a.Issue([]string{"Prod.Example.com", ".example.org", "*.example.net", "192.0.2.1"})
	if err != nil || !again.Leaf.Equal(c.Leaf) {
		t.Errorf("the same names get another certificate: %v", err)
	}
	other, err := a.Issue([]string{"other.example"})
	if err != nil || other.Leaf.Equal(c.Leaf) {
		t.Errorf("other names get the same certificate: %v", err)
	}
	filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			t.Fatal(err)
		}
		info, err := d.Info()
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s can be read by others: %v", path, info.Mode())
		}
		return nil
	})
}
