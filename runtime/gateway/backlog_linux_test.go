package gateway_test

import (
	"io"
	"os"
	"syscall"
	"testing"
)

// The file that is stored may be given up by who reads from the peer while the client
// is found to be gone.
func TestStoreFailsBesideBacklog(t *testing.T) {
	var old, small syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	small = syscall.Rlimit{Cur: 5 << 20, Max: old.Max}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &small); err != nil {
		t.Fatal(err)
	}
	defer syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old)
	dir := t.TempDir()
	var log journal
	f, _ := logging(t, &log, "location / { proxy_max_temp_file_size 0; proxy_buffers 1024 8k; root "+dir+"; proxy_store on; proxy_pass http://"+listening(t, func(c io.ReadWriteCloser) {
		defer c.Close()
		var req [512]byte
		c.Read(req[:])
		bodies["with a length"].send(c)
	})+"; }")
	c := f.narrow()
	c.say(t, get("/stored"))
	log.await(t, "failed (27: File too large) while reading upstream")
	c.Close()
	f.wg.Wait()
	if _, err := os.Stat(dir + "/stored"); err == nil {
		t.Error("a part is stored")
	}
}
