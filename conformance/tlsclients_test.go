package conformance_test

import (
	"os"
	"os/exec"
	"testing"
)

// TestTLSClients compares what openssl and curl say of us and of nginx: versions,
// certificates by name, resumption, certificates of clients.
func TestTLSClients(t *testing.T) {
	for _, program := range []string{"nginx", "openssl", "curl"} {
		if _, err := exec.LookPath(program); err != nil {
			if os.Getenv("CI") != "" {
				t.Fatal(err)
			}
			t.Skip(err)
		}
	}
	nginx, err := exec.LookPath("nginx")
	if err != nil {
		t.Fatal(err)
	}
	suite(t).TLSClients(t, nginx)
}
