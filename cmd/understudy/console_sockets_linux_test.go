package main

import (
	"net"
	"net/netip"
	"os"
	"testing"
)

func TestKernelAddr(t *testing.T) {
	for in, want := range map[string]string{
		"0100007F:0BB8":                         "127.0.0.1:3000",
		"00000000000000000000000001000000:1F90": "[::1]:8080",
		"0000000000000000FFFF00000100007F:0050": "127.0.0.1:80",
		"00000000:0016":                         "0.0.0.0:22",
		"xyz":                                   "",
		"00:1":                                  "",
	} {
		got, ok := kernelAddr(in)
		if text := got.String(); ok != (want != "") || ok && text != want {
			t.Errorf("%s: got %s, %v", in, text, ok)
		}
	}
}

// The sockets of this process are found, for others to be named.
func TestEachSocket(t *testing.T) {
	if _, err := os.Stat("/proc/net/tcp"); err != nil {
		t.Skip(err)
	}
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	want, found := netip.MustParseAddrPort(ln.Addr().String()), false
	eachSocket("/proc/net/tcp", tcpListen, func(addr, _ string) {
		a, _ := kernelAddr(addr)
		found = found || a == want
	})
	if !found {
		t.Errorf("%v is not found", want)
	}
}
